// Posts a file to the bucket with the form that the API gives, as a browser does.
import http from "k6/http";

const FILE = new Uint8Array(open("./picture.jpg", "b"));
const BOUNDARY = "----the-boundary-of-a-form";

/// What the form asks for: a photograph of 1280 by 720 pixels.
export const PICTURE = { contentType: "image/jpeg", size: FILE.length };

/// k6 makes no typed array of a text.
const ascii = (text) => Uint8Array.from(Array.from(text, (character) => character.charCodeAt(0)));

/// The file comes last: S3 reads no field after it. k6's own forms have no order.
function body(fields) {
  const part = (name, more) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${more}`;
  const before = fields.map(({ name, value }) => `${part(name, "")}\r\n\r\n${value}\r\n`).join("");
  const parts = [
    ascii(`${before}${part("file", '; filename="picture.jpg"')}\r\n\r\n`),
    FILE,
    ascii(`\r\n--${BOUNDARY}--\r\n`),
  ];
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const one of parts) {
    whole.set(one, at);
    at += one.length;
  }
  return whole.buffer;
}

/// Whether the bucket took it.
export function uploadTo({ url, fields }) {
  const headers = { "Content-Type": `multipart/form-data; boundary=${BOUNDARY}` };
  const params = { headers, tags: { name: "the bucket" } };
  const response = http.post(url, body(fields), params);
  if (response.status !== 204) console.error(`the bucket: ${response.status} ${response.body}`);
  return response.status === 204;
}
