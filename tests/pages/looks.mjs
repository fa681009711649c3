// What a person with a browser sees of a page: what axe finds, in light and in dark, and a picture.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRequire } from "node:module";
import puppeteer from "puppeteer-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
export const SOON = { timeout: 15_000 };

/** Whom the pages asked, and what they complained about. */
export const [addresses, problems] = [new Set(), []];
process.on("uncaughtException", (error) => {
  console.error(error.stack, problems);
  process.exit(1);
});

// Root, as in a container, may not use Chromium's sandbox.
export const launched = (executablePath) => puppeteer.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });

/** A person's browser, with a storage of its own. */
export async function opened(browser, width) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport({ width, height: 900 });
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith("http")) addresses.add(origin);
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => message.type() === "error" && problems.push(`${page.url()}: ${message.text()}`));
  return page;
}

export async function violations(page) {
  const all = [];
  for (const scheme of ["dark", "light"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    // By the tools' protocol: the page's own policy lets no other script run.
    await page.evaluate(`${axe}; undefined`);
    const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations));
    all.push(...found.map(({ id, nodes }) => `${scheme} ${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`));
  }
  return all;
}

export async function pictured(page, folder, name) {
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

export const textOf = (page, selector) => page.$eval(selector, (element) => element.textContent.trim());

export async function filled(page, form, values) {
  await page.waitForSelector(`${form} input`, SOON);
  for (const [name, value] of Object.entries(values)) {
    const field = `${form} [name="${name}"]`;
    await page.$eval(field, (input) => (input.value = ""));
    await page.type(field, value);
  }
}
