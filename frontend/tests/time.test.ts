import { describe, expect, it } from "vitest";
import { type FormatContext, joined } from "../src/charts/display/number";
import { unitFormat } from "../src/charts/display/units";
import { formatMoment, fromNow } from "../src/lib/time/moment";
import { parseDuration, parseRange, parseTime, rangeWords } from "../src/lib/time/relative";

const NOW = Date.UTC(2026, 2, 15, 13, 45, 30, 250);
const iso = (text: string | undefined, up = false, zone = "utc"): string | null => {
  const ms = parseTime(text, NOW, up, zone);
  return ms === null ? null : new Date(ms).toISOString();
};

describe("times as documents write them", () => {
  it.each([
    ["now", false, "2026-03-15T13:45:30.250Z"],
    ["now-1h", false, "2026-03-15T12:45:30.250Z"],
    ["now-1d/d", false, "2026-03-14T00:00:00.000Z"],
    ["now-1d/d", true, "2026-03-14T23:59:59.999Z"],
    ["now/d", false, "2026-03-15T00:00:00.000Z"],
    ["now/w", false, "2026-03-15T00:00:00.000Z"],
    ["now/M", true, "2026-03-31T23:59:59.999Z"],
    ["now-1M", false, "2026-02-15T13:45:30.250Z"],
    ["now/y", false, "2026-01-01T00:00:00.000Z"],
    ["now-15m+5s", false, "2026-03-15T13:30:35.250Z"],
    ["now/h", false, "2026-03-15T13:00:00.000Z"],
    ["1500000000000", false, "2017-07-14T02:40:00.000Z"],
    ["2026-01-02T03:04:05Z", false, "2026-01-02T03:04:05.000Z"],
    ["2026-01-02 03:04:05", false, "2026-01-02T03:04:05.000Z"],
    ["now-1x", false, null],
    ["tomorrow", false, null],
    ["", false, null],
  ])("%s (up: %s) is %s", (text, up, expected) => expect(iso(text as string, up as boolean)).toBe(expected));

  it("rounds days on the wall clock of the zone, also over a change of clocks", () => {
    expect(iso("now/d", false, "Europe/Berlin")).toBe("2026-03-14T23:00:00.000Z");
    const after = Date.UTC(2026, 2, 29, 12);
    expect(new Date(parseTime("now/d", after, false, "Europe/Berlin")!).toISOString()).toBe("2026-03-28T23:00:00.000Z");
    expect(new Date(parseTime("now/d", after, true, "Europe/Berlin")!).toISOString()).toBe("2026-03-29T21:59:59.999Z");
  });

  it("takes the last hour for a range that makes no sense", () => {
    expect(parseRange("now", "now-1h", NOW)).toEqual({ from: NOW - 3600000, to: NOW });
    expect(parseRange(undefined, "now", NOW)).toEqual({ from: NOW - 3600000, to: NOW });
    expect(parseRange("now-2h", "now", NOW)).toEqual({ from: NOW - 7200000, to: NOW });
  });

  it.each([["5s", 5000], ["1m30s", 90000], ["500ms", 500], ["1d", 86400000], ["", null], ["5", null], ["s", null], ["0s", null]])(
    "duration %s is %s", (text, ms) => expect(parseDuration(text as string)).toBe(ms));

  it.each([
    ["now-6h", "now", "Last 6 hours"], ["now-1d", "now", "Last 1 day"], ["now/d", "now/d", "Today"], ["now-1d/d", "now-1d/d", "Yesterday"],
  ])("%s to %s reads %s", (from, to, words) => expect(rangeWords(from, to, String, NOW)).toBe(words));
});

describe("dates by moment's patterns", () => {
  it.each([
    ["YYYY-MM-DD HH:mm:ss.SSS", "2026-03-15 13:45:30.250"],
    ["dddd, MMMM Do YYYY, h:mm a", "Sunday, March 15th 2026, 1:45 pm"],
    ["[at] HH\\h", "at 13h"],
    ["DDDD w WW Q E X", "074 12 11 1 7 1773582330"],
    ["LT L LLL", "1:45 PM 03/15/2026 March 15, 2026 1:45 PM"],
    ["YY M D H k A ZZ Z", "26 3 15 13 13 PM +0000 +00:00"],
  ])("%s", (pattern, text) => expect(formatMoment(NOW, pattern, "utc")).toBe(text));
  it("knows zones", () => {
    expect(formatMoment(NOW, "HH:mm Z", "America/New_York")).toBe("09:45 -04:00");
    expect(formatMoment(NOW, "HH:mm", "Asia/Kolkata")).toBe("19:15");
    expect(formatMoment(NaN, "HH:mm", "utc")).toBe("Invalid date");
  });
  it.each([
    [-30, "a few seconds ago"], [-60, "a minute ago"], [-600, "10 minutes ago"], [-3600, "an hour ago"], [-7200, "2 hours ago"],
    [-86400, "a day ago"], [-86400 * 12, "12 days ago"], [-86400 * 45, "a month ago"], [-86400 * 400, "a year ago"], [90, "in 2 minutes"],
  ])("%s s away is %s", (seconds, words) => expect(fromNow(NOW + seconds * 1000, NOW)).toBe(words));
});

describe("dates in the reader's own way", () => {
  const now = Date.UTC(2026, 2, 15, 13, 45, 30);
  const print = (unit: string, context: FormatContext, ms = now): string => joined(unitFormat(unit)(ms, null, { timeZone: "utc", ...context })).replace(/\s/g, " ");
  it.each([
    ["dateTimeAsLocal", { locale: "en-GB" }, "15/03/2026, 13:45:30"], ["dateTimeAsLocal", { locale: "en-US" }, "03/15/2026, 01:45:30 PM"],
    ["dateTimeAsLocalNoDateIfToday", { locale: "en-GB", now }, "13:45:30"], ["dateTimeAsLocalNoDateIfToday", { locale: "en-GB", now: now + 86400000 }, "15/03/2026, 13:45:30"],
    ["dateTimeAsUSNoDateIfToday", {}, "03/15/2026 1:45:30 pm"], ["dateTimeFromNow", { now: now + 7200000 }, "2 hours ago"], ["dateTimeFromNow", {}, "a few seconds ago"],
  ])("%s with %j is %s", (unit, context, text) => expect(print(unit, context)).toBe(text));
});
