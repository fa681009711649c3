// Pages that the browser fills, because they are about one person: nothing of them is asked by this server.
import { html, type Html } from "../html.js";
import type { Asking, Page } from "../page.js";
import type { TextKey } from "../texts.js";

function filled({ say }: Asking, title: TextKey, page: string, script: "guest" | "venue", data: Readonly<Record<string, string>> = {}, lead: Html | false = false): Page {
  const id = data["id"] ?? "";
  return {
    title: say(title),
    scripts: [script],
    main: html`<h1>${say(title)}</h1>${lead}<div data-page="${page}" data-id="${id}" aria-live="polite"><p class="quiet">${say("loading")}</p><noscript><p>${say("needsScripts")}</p></noscript></div>`,
  };
}

export const signIn = (asking: Asking): Page => filled(asking, "signIn", "sign-in", "guest");
export const verifyEmail = (asking: Asking): Page => filled(asking, "verifying", "verify-email", "guest");
export const bookings = (asking: Asking): Page => filled(asking, "myBookings", "bookings", "guest");
export const booking = (asking: Asking): Page => filled(asking, "booking", "booking", "guest", { id: asking.segments[0] ?? "" });
export const tonight = (asking: Asking): Page => filled(asking, "tonight", "tonight", "venue");
export const scan = (asking: Asking): Page => filled(asking, "scan", "scan", "venue", {}, html`<p class="lead">${asking.say("scanLead")}</p>`);
