// An administrator on the console, in Chromium. Prints lines of JSON:
//
//   {"page": NAME, "violations": [...]}                  each section, and what axe finds in it
//   {"refused": TEXT}, {"live": …}, {"dryRun": …}, …     what was seen
//   {"done": {"addresses", "problems"}}                  whom the page asked, and what it complained about
//
//   node tests/pages/console.mjs CHROMIUM '{"origin": URL, "operator": {email, password}, "guest": {email, password},
//     "offer": ID, "document": NAME, "variables": JSON, "pictures": FOLDER OR NULL}'
import { SOON, addresses, filled, launched, opened, pictured, problems, tell, textOf, violations } from "./looks.mjs";

const [executablePath, text] = process.argv.slice(2);
const { origin, operator, guest, offer, document: name, variables, pictures } = JSON.parse(text);
const browser = await launched(executablePath);
const page = await opened(browser, 1_200);
const reason = "trying it out";
page.on("dialog", (dialog) => dialog.accept(reason));

async function looked(name) {
  const found = await violations(page);
  await pictured(page, pictures, `console-${name}`);
  tell({ page: name, violations: found });
}

async function section(name, selector) {
  await page.click(`a[href="#${name}"]`);
  await page.waitForSelector(`a[href="#${name}"][aria-current]`, SOON);
  await page.waitForSelector(`main ${selector}`, SOON);
}

const rows = (selector) => page.$$eval(`${selector} tbody tr`, (all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));

await page.goto(`${origin}/console`);
await filled(page, "form", guest);
await looked("sign-in");
await page.click("form button");
await page.waitForSelector("[role=alert]", SOON);
tell({ refused: await textOf(page, "[role=alert]") });
// The browser's own line about the refusal.
problems.length = 0;
await filled(page, "form", operator);
await page.click("form button");
await page.waitForSelector("main table", SOON);
await page.waitForSelector(".spark polyline[points*=' ']", SOON);
await looked("live");
tell({ live: { tiles: await page.$$eval(".tiles dt", (all) => all.map((one) => one.textContent)), documents: (await rows("main section:first-of-type")).map(([name]) => name) } });

await section("purge", "form");
await page.select("[name=kind]", "location");
await filled(page, "form", { value: "48.8566,2.3522", reason });
await page.click("button[value=dry]");
await page.waitForSelector("#affected", SOON);
await looked("purge");
const affected = { text: await textOf(page, "#affected p"), rows: await rows("#affected"), cells: (await page.$$("#affected polygon")).length };
await page.select("[name=kind]", "offer");
await filled(page, "form", { value: offer, reason });
await page.click("button[value=really]");
await page.waitForSelector("form p.good", SOON);
tell({ purge: { affected, purged: await textOf(page, "form p.good"), newest: (await rows("main"))[0] } });

await section("explain", "form textarea");
await filled(page, "form", { document: name, variables });
await page.click("form button");
await page.waitForSelector("#explained, main [role=alert]", SOON);
if (!(await page.$("#explained"))) throw new Error(await textOf(page, "main [role=alert]"));
await looked("explain");
tell({ explained: await page.$$eval("#explained .tier", (all) => all.map((one) => `${one.querySelector("strong").textContent}: ${one.className}`)) });

await section("queue", "[data-key]");
await looked("queue");
const key = await page.$eval("[data-key]", (one) => one.dataset.key);
await page.click("[data-key]");
await page.waitForSelector("main p.good", SOON);
tell({ queue: { key, left: (await page.$$("[data-key]")).length } });

for (const name of ["usage", "reviews"]) {
  await section(name, "table, main section p");
  await looked(name);
}
await section("audit", "table");
await looked("audit");
tell({ audit: (await rows("main"))[0] });

const heading = await textOf(page, "h1");
await page.click("#who button");
await page.waitForFunction((before) => document.querySelector("h1").textContent !== before || document.documentElement.lang === "fr", SOON, heading);
tell({ languages: [heading, await textOf(page, "h1"), await page.$eval("html", (one) => one.lang)] });
await page.click("#who button:last-child");
await page.waitForSelector("input[type=password]", SOON);
tell({ done: { addresses: [...addresses], problems, kept: await page.evaluate(() => Object.keys(sessionStorage)) } });
await browser.close();
process.exit(0);
