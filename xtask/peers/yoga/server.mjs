// GraphQL Yoga with its response cache, set up as its documentation says for speed: persisted
// operations that are parsed beforehand and not validated again, one session for all, no CORS, no
// logging. It answers the documents and variables of ANSWERS and nothing else.
//
//   node xtask/peers/yoga/server.mjs --port N --status-port N --answers FILE --schema FILE
//     --operation FILE --workers N
//
// With one worker it is one process; with more, a cluster. Each worker answers everything once
// before it listens, so that its cache is warm. GET /resolver-calls on the status port tells how
// often the resolver was called, by all workers; GET /readyz whether all of them listen.
import cluster from "node:cluster";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { useResponseCache } from "@graphql-yoga/plugin-response-cache";
import { usePersistedOperations } from "@graphql-yoga/plugin-persisted-operations";
import { parse } from "graphql";
import { createSchema, createYoga } from "graphql-yoga";

const PREFIX = "/graphql/";

const { values: options } = parseArgs({
  options: {
    port: { type: "string" },
    "status-port": { type: "string" },
    answers: { type: "string" },
    schema: { type: "string" },
    operation: { type: "string" },
    workers: { type: "string", default: "1" },
  },
});
const workers = Number(options.workers);

/** [{path, body}]: a path is /graphql/<id>?variables=…, a body the JSON that it is answered with. */
const answers = JSON.parse(readFileSync(options.answers, "utf8"));

function makeYoga(onResolverCall) {
  const stored = answers.map(({ path, body }) => ({
    location: JSON.parse(new URL(path, "http://peer").searchParams.get("variables")).location,
    offers: JSON.parse(body).data.offers,
  }));
  const id = answers[0].path.slice(PREFIX.length).split("?")[0];
  const document = parse(readFileSync(options.operation, "utf8"));
  return createYoga({
    schema: createSchema({
      typeDefs: readFileSync(options.schema, "utf8"),
      resolvers: {
        Query: {
          offers(_root, { input: { location } }) {
            onResolverCall();
            const wanted = { lat: location.lat, lng: location.lng };
            return stored.find((answer) => isDeepStrictEqual(answer.location, wanted)).offers;
          },
        },
      },
    }),
    graphqlEndpoint: "/graphql/:id",
    graphiql: false,
    landingPage: false,
    logging: false,
    cors: false,
    plugins: [
      usePersistedOperations({
        extractPersistedOperationId: (_params, request) =>
          request.url.slice(request.url.indexOf(PREFIX) + PREFIX.length).split("?")[0],
        getPersistedOperation: (asked) => (asked === id ? document : null),
        skipDocumentValidation: true,
      }),
      useResponseCache({ session: () => null }),
    ],
  });
}

/** Answers everything once, then listens. */
async function serve(onResolverCall) {
  const yoga = makeYoga(onResolverCall);
  for (const { path, body } of answers) {
    const answer = await yoga.fetch(`http://127.0.0.1:${options.port}${path}`);
    const text = await answer.text();
    if (text !== body) throw new Error(`other bytes for ${path}: ${text.slice(0, 500)}`);
  }
  const server = createServer(yoga);
  // As the other servers do: connections are kept for as long as their clients like.
  server.keepAliveTimeout = 0;
  await new Promise((resolve) => server.listen(Number(options.port), "127.0.0.1", resolve));
}

let resolverCalls = 0;
let listening = 0;

function serveStatus() {
  const status = createServer((request, response) => {
    const body = request.url === "/resolver-calls" ? String(resolverCalls) : "";
    const ready = listening === workers;
    response.writeHead(ready ? 200 : 503, { "content-length": body.length });
    response.end(body);
  });
  status.listen(Number(options["status-port"]), "127.0.0.1");
}

if (cluster.isPrimary) {
  // The parent holds the other end: whatever way it ends, this one ends too, and its workers.
  process.stdin.on("end", () => process.exit(0)).resume();
  serveStatus();
  if (workers === 1) {
    await serve(() => (resolverCalls += 1));
    listening = 1;
  } else {
    cluster.on("message", (_worker, message) => {
      if (message === "resolver call") resolverCalls += 1;
      if (message === "listening") listening += 1;
    });
    cluster.on("exit", (worker) => {
      console.error(`worker ${worker.id} ended`);
      process.exit(1);
    });
    for (let n = 0; n < workers; n += 1) cluster.fork();
  }
} else {
  process.on("disconnect", () => process.exit(0));
  await serve(() => process.send("resolver call"));
  process.send("listening");
}
