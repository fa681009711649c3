// Idempotency keys: one for each thing that is to be made, the same with every repeat.
import type { AnyDocument, Variables } from "./document.js";

/** The variables with a key where the document takes one and the caller gave none. */
export function withKey(document: AnyDocument, variables: Variables): Variables {
  return document.key ? put(variables, document.key) : variables;
}

function put(into: Variables, [name, ...rest]: readonly string[]): Variables {
  if (name === undefined) return into;
  const given = into[name];
  if (rest.length === 0) return given == null ? { ...into, [name]: crypto.randomUUID() } : into;
  return { ...into, [name]: put((given ?? {}) as Variables, rest) };
}
