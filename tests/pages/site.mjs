// A guest and a venue on the small site (tests/site), in Chromium. Prints lines of JSON:
//
//   {"page": NAME, "figures": {...}, "violations": [...]}   each page: what it took, and what axe finds
//   {"guest": {...}}, {"venue": {...}}                      what they saw
//   {"done": {"addresses", "problems"}}                     whom the pages asked, and what they complained about
//
//   node tests/pages/site.mjs CHROMIUM '{"site": URL, "guest": {email, password}, "staff": {email, password},
//     "suggest": TEXT, "suggested": NAME, "search": TEXT, "title": TITLE OF THE OFFER, "pictures": FOLDER OR NULL}'
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SOON, addresses, filled, launched, opened, pictured, problems, tell, textOf, violations } from "./looks.mjs";

const [executablePath, text] = process.argv.slice(2);
const { site, guest, staff, suggest, suggested, search, title, pictures } = JSON.parse(text);
const browser = await launched(executablePath);

/** What a page took to load, what axe finds, and a picture of it. */
async function looked(page, name) {
  const figures = await page.evaluate(() => {
    const [document_] = performance.getEntriesByType("navigation");
    const all = [document_, ...performance.getEntriesByType("resource")];
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    return {
      requests: all.length,
      bytes: all.reduce((sum, { transferSize }) => sum + transferSize, 0),
      firstByteMs: Math.round(document_.responseStart),
      firstContentMs: paint ? Math.round(paint.startTime) : null,
      edge: document_.serverTiming.map((one) => `${one.name}: ${one.description}`),
    };
  });
  const found = await violations(page);
  await pictured(page, pictures, name);
  tell({ page: name, figures, violations: found });
}

const visit = (page, path) => page.goto(`${site}${path}`, { waitUntil: "networkidle0" });
const pressed = async (page, selector) => {
  await page.waitForSelector(selector, SOON);
  // A page with a live connection never has an idle network.
  await Promise.all([page.waitForNavigation({ waitUntil: "load" }), page.click(selector)]);
};

// The guest looks around, finds the offer, and books it.
const phone = await opened(browser, 412);
await visit(phone, "/");
await visit(phone, "/");
await looked(phone, "home");
await phone.type("#q", suggest);
await phone.waitForFunction((name) => [...document.querySelectorAll("#suggestions option")].some(({ value }) => value === name), SOON, suggested);
await phone.$eval("#q", (input) => (input.value = ""));
await phone.type("#q", search);
await pressed(phone, 'header button');
await looked(phone, "search");
const circles = await phone.$$eval(".map .circles a", (all) => all.length);
await Promise.all([
  phone.waitForNavigation({ waitUntil: "networkidle0" }),
  phone.evaluate((title) => [...document.querySelectorAll(".card a")].find((one) => one.textContent === title).click(), title),
]);
await looked(phone, "offer");
const offerPath = new URL(phone.url()).pathname;
const structured = JSON.parse(await textOf(phone, 'script[type="application/ld+json"]'));
for (const [name, path] of [["city", "/cities/paris-75"], ["category", "/categories/bar"], ["cities", "/cities"], ["english", `/en${offerPath}`]]) {
  await visit(phone, path);
  await looked(phone, name);
}
await pressed(phone, ".lead a");
await looked(phone, "partner");
await pressed(phone, "section[aria-labelledby=places] a");
await looked(phone, "place");
await visit(phone, offerPath);
await pressed(phone, ".book a");
await looked(phone, "sign-in");
await filled(phone, "#fresh", { firstName: "Ana", lastName: "Diaz", ...guest });
await pressed(phone, "#fresh button");
await phone.waitForSelector("select[name=opening]", SOON);
await looked(phone, "book");
await pressed(phone, ".book button");
await phone.waitForSelector("img[data-code]", SOON);
await looked(phone, "booking");
const code = await phone.$("img[data-code]");
const picture = join(tmpdir(), `yousoon-code-${process.pid}.png`);
writeFileSync(picture, await code.screenshot());
tell({ guest: { circles, jsonLd: structured["@type"], path: new URL(phone.url()).pathname, status: await phone.$eval(".status", (one) => one.dataset.status) } });

// The venue sees the booking, and scans a picture of the code.
const counter = await opened(browser, 1_000);
await visit(counter, "/tonight");
await looked(counter, "tonight-sign-in");
await filled(counter, "#known", staff);
await counter.click("#known button");
await counter.waitForSelector("tr[data-booking]", SOON);
await looked(counter, "tonight");
const before = await counter.$eval("tr[data-booking]", (row) => row.dataset.status);
const door = await counter.browserContext().newPage();
door.on("pageerror", (error) => problems.push(String(error)));
await visit(door, "/scan");
await door.waitForSelector("#picture", SOON);
await looked(door, "scan");
await (await door.$("#picture")).uploadFile(picture);
await door.waitForSelector("#outcome p", SOON);
const said = await textOf(door, "#outcome p");
// Nobody reloads: the venue's list and the guest's page hear of it.
await counter.waitForFunction(() => document.querySelector("tr[data-booking]")?.dataset.status === "CHECKED_IN", SOON);
await phone.bringToFront();
await phone.waitForFunction(() => document.querySelector(".status")?.dataset.status === "CHECKED_IN", SOON);
await looked(phone, "checked-in");
tell({ venue: { before, said, after: await counter.$eval("tr[data-booking]", (row) => row.dataset.status) } });

tell({ done: { addresses: [...addresses].sort(), problems } });
await browser.close();
process.exit(0);
