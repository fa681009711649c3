// Opening hours, a row a day.
import { html, type Html } from "../html.js";
import type { Asking } from "../page.js";
import { weekdayName, weekdays } from "../texts.js";

interface OpeningHour {
  readonly weekday: string;
  readonly opens: string;
  readonly closes: string;
}

export function hoursOf({ language, say }: Asking, hours: readonly OpeningHour[]): Html {
  const row = (weekday: (typeof weekdays)[number]) => {
    const periods = hours.filter((one) => one.weekday === weekday).map(({ opens, closes }) => `${opens} – ${closes}`);
    return html`<tr><th scope="row">${weekdayName(language, weekday)}</th><td>${periods.join(", ") || say("closed")}</td></tr>`;
  };
  return html`<table class="hours"><tbody>${weekdays.map(row)}</tbody></table>`;
}
