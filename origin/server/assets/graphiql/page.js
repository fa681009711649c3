// Queries and mutations go to /graphql by POST, subscriptions by WebSocket. The headers of the editor,
// such as `authorization`, are sent with both.
const url = new URL("/graphql", location.href);
const socket = new URL(url);
socket.protocol = url.protocol.replace("http", "ws");
const fetcher = GraphiQL.createFetcher({ url: url.href, subscriptionUrl: socket.href });
const page = React.createElement(GraphiQL, { fetcher, defaultEditorToolsVisibility: true });
ReactDOM.createRoot(document.getElementById("graphiql")).render(page);
