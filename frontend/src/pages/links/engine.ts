/** What the links' pages decide without a page: form values to API bodies, times, questions. Pure. */
import type { BodyOf } from "../../lib/api";
import type { components, paths } from "../../lib/schema";
import { openPageWords } from "../../lib/words";

type Shapes = components["schemas"];

/** An empty refresh, from or to is the dashboard's own. */
export type Profile = { [Name in keyof Shapes["Profile"]]-?: NonNullable<Shapes["Profile"][Name]> };

/** The fields that are plain text: sent as they stand, without the blanks around them. */
export const TEXTS = ["label", "note"] as const;
type Text = (typeof TEXTS)[number];

/** A link's fields as the API names them. Times are RFC 3339. */
export type LinkFields = Required<Pick<Shapes["LinkAnswer"], Text | "slug" | "not_before" | "expires_at" | "has_password" | "frame_ancestors">> & {
  profile: Profile;
};

export type NewLink = BodyOf<paths["/api/links"]["post"]>;
export type LinkEdit = BodyOf<paths["/api/links/{token}"]["patch"]>;

/** The form as it stands: times are `datetime-local` values of this machine's zone, origins one per line. */
export interface FormValues extends Record<Text, string> {
  target: "device" | "document";
  device: string;
  slot: string;
  document: string;
  slug: string;
  profile: Profile;
  not_before: string;
  expires_at: string;
  password: string;
  drop_password: boolean;
  frame_ancestors: string;
}

export function profile(changes: Partial<Profile> = {}): Profile {
  return { theme: "auto", refresh: "", from: "", to: "", picker: false, chrome: false, transparent: false, ...changes };
}

export function sameProfile(a: Profile, b: Profile): boolean {
  return (Object.keys(a) as (keyof Profile)[]).every((name) => a[name] === b[name]);
}

/** The body of `POST /api/links`: what is empty is left out. */
export function creation(form: FormValues): NewLink {
  const body: NewLink = {};
  if (form.target === "device") {
    if (form.device.trim()) body.device = form.device.trim();
    if (form.slot.trim()) body.slot = form.slot.trim();
  } else if (form.document.trim()) {
    body.document = form.document.trim();
  }
  for (const name of TEXTS) {
    if (form[name].trim()) body[name] = form[name].trim();
  }
  if (form.slug.trim()) body.slug = form.slug.trim();
  body.profile = form.profile;
  if (form.not_before) body.not_before = toUtc(form.not_before);
  if (form.expires_at) body.expires_at = toUtc(form.expires_at);
  if (form.password) body.password = form.password;
  const sites = origins(form.frame_ancestors);
  if (sites.length) body.frame_ancestors = sites;
  return body;
}

/** The body of `PATCH /api/links/{token}`: only what differs from the link as it is. */
export function edition(form: FormValues, link: LinkFields): LinkEdit {
  const body: LinkEdit = {};
  for (const name of TEXTS) {
    if (form[name].trim() !== link[name]) body[name] = form[name].trim() || null;
  }
  if (form.slug.trim() && form.slug.trim() !== link.slug) body.slug = form.slug.trim();
  if (!sameProfile(form.profile, link.profile)) body.profile = form.profile;
  for (const name of ["not_before", "expires_at"] as const) {
    // A form knows minutes: what shows the same minute was not changed.
    if (form[name] !== toLocal(link[name])) body[name] = form[name] ? toUtc(form[name]) : null;
  }
  if (form.password) body.password = form.password;
  else if (form.drop_password) body.password = null;
  const sites = origins(form.frame_ancestors);
  if (sites.join("\n") !== link.frame_ancestors.join("\n")) body.frame_ancestors = sites;
  return body;
}

export function origins(text: string): string[] {
  return text.split(/[\s,]+/).filter((one) => one !== "");
}

/** RFC 3339 to the value of a `datetime-local` field. */
export function toLocal(moment: string | null): string {
  if (!moment) return "";
  const date = new Date(moment);
  if (Number.isNaN(date.getTime())) return "";
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The value of a `datetime-local` field to RFC 3339; a value that is no time goes on as it is, to be refused by its name. */
export function toUtc(local: string): string {
  const date = new Date(local);
  return Number.isNaN(date.getTime()) ? local : date.toISOString();
}

/** Which field of the form a problem's path belongs to. */
export function fieldOf(path: string): string {
  return path.replace(/^profile\./, "").replace(/\[.*$/, "");
}

export interface Question {
  title: string;
  text: string;
  yes: string;
  danger: boolean;
  grace: boolean;
}

export type Action = "pause" | "resume" | "rotate" | "revoke" | "off" | "on";

/** The one question before an action: what happens, to whom, and whether it can be undone. */
export function question(action: Action, name: string): Question {
  const plain = { danger: false, grace: false };
  switch (action) {
    case "pause":
      return { ...plain, title: `Pause “${name}”?`, text: "Visitors see that it is paused, on open pages too. Resume brings it back.", yes: "Pause link" };
    case "resume":
      return { ...plain, title: `Resume “${name}”?`, text: "Whoever has the address sees the dashboard again.", yes: "Resume link" };
    case "rotate":
      return {
        ...plain,
        grace: true,
        title: `Rotate “${name}”?`,
        text: "The link gets a new address; the short address stays. Pages that embed the old one must be changed. This cannot be undone.",
        yes: "Rotate link",
      };
    case "revoke":
      return { ...plain, danger: true, title: `Revoke “${name}”?`, text: `Visitors read “${openPageWords("revoked").title}”, on open pages too. This cannot be undone.`, yes: "Revoke link" };
    case "off":
      return { ...plain, danger: true, title: "Turn all links off?", text: "Every visitor of every link sees the paused notice until you turn links on again.", yes: "Turn all links off" };
    case "on":
      return { ...plain, title: "Turn links on?", text: "Each link is as it was before; paused ones stay paused.", yes: "Turn links on" };
  }
}
