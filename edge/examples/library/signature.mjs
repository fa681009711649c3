// How edge and origin know each other: an HMAC with a shared secret. "Signatures" in docs/origin.md.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

const MAX_SKEW_MS = 30_000;

function u64(number) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(number));
  return bytes;
}

/** Signs a text for one purpose, the context; `atMs` is the time now. */
export function sign(secret, context, atMs, text) {
  const mac = createHmac("sha256", secret);
  for (const part of [u64(context.length), context, u64(atMs), text]) mac.update(part);
  return `t=${atMs},v1=${mac.digest("hex")}`;
}

export function isSigned(secret, header, context, text) {
  const [, time] = /^t=(\d{1,15}),v1=[0-9a-f]{64}$/.exec(header ?? "") ?? [];
  if (time === undefined || Math.abs(Date.now() - time) > MAX_SKEW_MS) return false;
  return timingSafeEqual(Buffer.from(header), Buffer.from(sign(secret, context, time, text)));
}

/** Whom the edge asks for: "everybody", or the address of a client; null if it is not the edge. */
export function asksFor(secret, headers) {
  const [signature, ip] = [headers["yousoon-signature"], headers["yousoon-client-ip"]];
  if (ip === undefined) return isSigned(secret, signature, "asks-for-edge", "") ? "everybody" : null;
  return isSigned(secret, signature, "asks-for-client", ip) ? ip : null;
}

/** What announces a body before it is read: its length and its SHA-256. */
export function announce(body) {
  return `${body.length};${createHash("sha256").update(body).digest("hex")}`;
}
