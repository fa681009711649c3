// Opens GraphiQL in Chromium, runs a query and a subscription on it, and prints lines of JSON:
// {"answer": RESULT}, {"subscribed": URL OF THE SOCKET}, {"event": RESULT}, and at the end
// {"done": {"addresses", "problems"}}: the origins that the page asked, and what it complained about.
//
//   node tests/pages/graphiql.mjs CHROMIUM ORIGIN QUERY SUBSCRIPTION
import puppeteer from "puppeteer-core";

const [executablePath, origin, query, subscription] = process.argv.slice(2);
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

// Root, as in a container, may not use Chromium's sandbox.
const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const page = await browser.newPage();
const [addresses, problems] = [new Set(), []];
page.on("request", (request) => {
  const { protocol, origin: from } = new URL(request.url());
  if (protocol !== "data:") addresses.add(from);
});
page.on("requestfailed", (request) => problems.push(`${request.url()}: ${request.failure()?.errorText}`));
page.on("pageerror", (error) => problems.push(String(error)));
page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
const devtools = await page.createCDPSession();
await devtools.send("Network.enable");
devtools.on("Network.webSocketCreated", ({ url }) => tell({ subscribed: url }));

await page.goto(`${origin}/graphiql`);
await page.waitForSelector(".graphiql-query-editor .CodeMirror");

/** Executes a document and waits for a result that has `field`. */
async function execute(text, field) {
  await page.$eval(".graphiql-query-editor .CodeMirror", ({ CodeMirror }, text) => CodeMirror.setValue(text), text);
  // The button follows the editor's text.
  await new Promise((resolve) => setTimeout(resolve, 500));
  await page.click(".graphiql-execute-button");
  const shown = await page.waitForFunction(
    (field) => {
      const result = document.querySelector(".result-window .CodeMirror")?.CodeMirror.getValue();
      return result?.includes(`"${field}"`) && result;
    },
    {},
    field,
  );
  return JSON.parse(await shown.jsonValue());
}

tell({ answer: await execute(query, "data") });
tell({ event: await execute(subscription, "newOfferNearby") });
tell({ done: { addresses: [...addresses], problems } });
await browser.close();
process.exit(0);
