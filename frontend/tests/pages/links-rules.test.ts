/** The links' forms: what they send, and that nothing unchanged is sent. */
import { describe, expect, it } from "vitest";
import { type Action, type FormValues, type LinkFields, creation, edition, fieldOf, profile, question, toLocal, toUtc } from "../../src/pages/links/engine";

const EMPTY: FormValues = {
  target: "device",
  device: "",
  slot: "",
  document: "",
  label: "",
  note: "",
  slug: "",
  profile: profile(),
  not_before: "",
  expires_at: "",
  password: "",
  drop_password: false,
  frame_ancestors: "",
};
const LINK: LinkFields = {
  label: "Lobby",
  note: "left\nof the door",
  slug: "lobby",
  profile: profile({ theme: "dark" }),
  not_before: null,
  expires_at: "2099-01-01T00:00:12.345Z",
  has_password: true,
  frame_ancestors: ["https://a.example"],
};

function asForm(link: LinkFields, changes: Partial<FormValues> = {}): FormValues {
  return {
    ...EMPTY,
    label: link.label,
    note: link.note,
    slug: link.slug,
    profile: link.profile,
    not_before: toLocal(link.not_before),
    expires_at: toLocal(link.expires_at),
    frame_ancestors: link.frame_ancestors.join("\n"),
    ...changes,
  };
}

describe("creating", () => {
  it("leaves out what is empty", () => {
    expect(creation({ ...EMPTY, device: " rig-1 " })).toEqual({ device: "rig-1", profile: profile() });
    expect(creation({ ...EMPTY, target: "document", device: "rig-1", document: "flt-x" })).toEqual({ document: "flt-x", profile: profile() });
  });
  it("sends everything that is given", () => {
    const body = creation({ ...EMPTY, device: "a", slot: "detail", label: "L", note: " two\nlines ", slug: "s-1", expires_at: "2099-01-01T12:00", password: "correct horse", frame_ancestors: "https://a.example,\n https://b.example" });
    expect(body).toMatchObject({ device: "a", slot: "detail", label: "L", note: "two\nlines", slug: "s-1", password: "correct horse", frame_ancestors: ["https://a.example", "https://b.example"] });
    expect(new Date(String(body["expires_at"])).getTime()).toBe(new Date("2099-01-01T12:00").getTime());
  });
});

describe("changing", () => {
  it("sends nothing when nothing was changed, seconds of a time included", () => {
    expect(edition(asForm(LINK), LINK)).toEqual({});
  });
  it.each<[Partial<FormValues>, Record<string, unknown>]>([
    [{ label: "" }, { label: null }],
    [{ note: " " }, { note: null }],
    [{ note: "right" }, { note: "right" }],
    [{ slug: "hall" }, { slug: "hall" }],
    [{ slug: "" }, {}],
    [{ expires_at: "" }, { expires_at: null }],
    [{ not_before: "2098-01-01T00:00" }, { not_before: toUtc("2098-01-01T00:00") }],
    [{ password: "another one" }, { password: "another one" }],
    [{ drop_password: true }, { password: null }],
    [{ password: "another one", drop_password: true }, { password: "another one" }],
    [{ frame_ancestors: "" }, { frame_ancestors: [] }],
    [{ profile: profile() }, { profile: profile() }],
  ])("%j sends %j", (changes, body) => {
    expect(edition(asForm(LINK, changes), LINK)).toEqual(body);
  });
});

it("times go to the form and back", () => {
  expect(toLocal(toUtc("2031-03-04T05:06"))).toBe("2031-03-04T05:06");
  expect(toLocal(null)).toBe("");
  expect(toUtc("never")).toBe("never");
});

it("problems find their field", () => {
  expect(["profile.from", "frame_ancestors[1]", "label", ""].map(fieldOf)).toEqual(["from", "frame_ancestors", "label", ""]);
});

it("every question says what happens and whether it can be undone", () => {
  for (const action of ["pause", "resume", "rotate", "revoke", "off", "on"] as Action[]) {
    const asked = question(action, "Lobby");
    expect(asked.title.endsWith("?")).toBe(true);
    expect(asked.text.length).toBeGreaterThan(20);
    expect(asked.grace).toBe(action === "rotate");
  }
  expect(question("revoke", "x").text).toContain("cannot be undone");
});
