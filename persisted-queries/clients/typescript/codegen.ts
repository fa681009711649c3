// How this package's own tests generate documents; an app's configuration is like this one.
import type { CodegenConfig } from "@graphql-codegen/cli";

const manifest = process.env["YOUSOON_MANIFEST"] ?? "manifest.json";
const client = process.env["YOUSOON_CLIENT"] ?? "mobile";
const out = process.env["YOUSOON_DOCUMENTS"] ?? "generated/documents.ts";

const config: CodegenConfig = {
  schema: "../../../docs/schema.graphql",
  documents: { [manifest]: { loader: "./codegen/loader.cjs", client } },
  generates: {
    [out]: {
      plugins: ["typescript", "typescript-operations", "./codegen/plugin.cjs"],
      config: {
        manifest,
        client,
        nodes: process.env["YOUSOON_NODES"] === "true",
        onlyOperationTypes: true,
        enumsAsTypes: true,
        skipTypename: true,
        namingConvention: "keep",
        useTypeImports: true,
        scalars: { DateTime: "string" },
      },
    },
  },
};
export default config;
