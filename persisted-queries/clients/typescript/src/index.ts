// @yousoon/client: typed published documents and one client for them. README.md shows how they are used.
export { createYousoonClient, type CallOptions, type YousoonClient, type YousoonOptions } from "./client.js";
export type { AnyDocument, Documents, Operation, Variables, YousoonDocument } from "./document.js";
export type * from "./error-codes.js";
export { Failure, type BrokenField, type ClientCode, type Code, type Result, type ServerError, type YousoonError } from "./errors.js";
export type { LiveTransport, Observer } from "./live/transport.js";
export type { RefreshDocument, Tokens, TokenStore } from "./session.js";
export { browserTokens } from "./storage.js";
export type { Locks } from "./tabs.js";
