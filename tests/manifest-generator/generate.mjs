// Prints the manifest that Apollo's generator makes of a folder.
import { generatePersistedQueryManifest } from "@apollo/generate-persisted-query-manifest";

const [folder] = process.argv.slice(2);
const documents = [`${folder}/**/*.{graphql,gql}`];
console.log(JSON.stringify(await generatePersistedQueryManifest({ documents })));
