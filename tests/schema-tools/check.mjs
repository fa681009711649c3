// What graphql-eslint (its recommended rules for schemas) and GraphQL Inspector say of a schema and of the documents
// below a folder. Prints {"lint": [...], "documents": {"checked", "invalid": [...]}}.
//
//   node tests/schema-tools/check.mjs SCHEMA FOLDER
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseForESLint, rules, configs } from "@graphql-eslint/eslint-plugin";
import { validate } from "@graphql-inspector/core";
import { ESLint } from "eslint";
import { Source, buildSchema } from "graphql";

const [schemaPath, folder] = process.argv.slice(2).map((path) => resolve(path));
const text = readFileSync(schemaPath, "utf8");

/** Values: parts of what has an id. A cache keeps them inside it. */
const VALUES = [
  ...["Address", "BookedPrice", "BookingLimits", "CalendarFeed", "Category", "City", "Consent", "DataExport", "Discount"],
  ...["EmailChanged", "EstablishmentMatches", "FormField", "HourStats", "LedgerEntry", "Location", "Membership"],
  ...["MessageTemplate", "NightOpening", "NightTotals", "NotificationSetting", "OfferCluster", "OfferSchedule", "OfferStats"],
  ...["OfferTexts", "OnboardingLink", "Opening", "OpeningHour", "OperatorAuditEntry", "PageInfo", "PartnerAccount"],
  ...["PartnerBalance", "PartnerBookingChange", "PartnerDay", "PartnerMatches", "PartnerStats", "PaymentDifference"],
  ...["PaymentIntent", "PlaceSuggestion", "Preferences", "Price", "PurgeAffected", "PurgeResult", "Quota", "ReviewCase"],
  ...["ReviewContest", "ReviewRemoval", "ReviewReply", "ScanResult", "SearchResult", "SitemapPage", "Suggestion", "Team"],
  ...["Travel", "UploadForm", "UserForOperator"],
];
const SUFFIXES = ["Connection", "Edge", "Payload", "Count", "Facets"];

const eslint = new ESLint({
  overrideConfigFile: true,
  cwd: join(schemaPath, ".."),
  overrideConfig: [
    {
      files: ["**/*.graphql"],
      languageOptions: { parser: { parseForESLint }, parserOptions: { graphQLConfig: { schema: schemaPath } } },
      plugins: { "@graphql-eslint": { rules } },
      rules: {
        ...configs["flat/schema-recommended"].rules,
        "@graphql-eslint/strict-id-in-types": ["error", { exceptions: { types: VALUES, suffixes: SUFFIXES } }],
      },
    },
  ],
});
const linted = await eslint.lintFiles([schemaPath]);
const lint = linted.flatMap(({ messages }) => messages.map(({ ruleId, line, message }) => `${line}: ${ruleId}: ${message}`));

const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".graphql"));
const documents = files.map((name) => new Source(readFileSync(join(folder, name), "utf8"), name));
const schema = buildSchema(text);
// One at a time: two clients may have documents of one name.
const invalid = documents.flatMap((document) =>
  validate(schema, [document], { apollo: false, strictDeprecated: true, strictFragments: true }).map(({ source, errors, deprecated }) => `${source.name}: ${[...errors, ...deprecated].map(({ message }) => message).join("; ")}`),
);
process.stdout.write(`${JSON.stringify({ lint, documents: { checked: files.length, invalid } })}\n`);
process.exit(0);
