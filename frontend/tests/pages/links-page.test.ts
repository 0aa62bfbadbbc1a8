// @vitest-environment jsdom
/** The links' pages: their dialogues as the server writes them, and what each button sends. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { closePage, installPage } from "../support/page";
import { Server, settled } from "../support/server";

installPage();

const template = readFileSync(join(import.meta.dirname, "../../../backend_server/web/templates/_link_dialogs.html"), "utf8");
const DIALOGUES = template.replace(/\{[%#][\s\S]*?[%#]\}|\{\{[\s\S]*?\}\}/g, "");
const PROFILES = { kiosk: { theme: "dark", refresh: "10s", from: "", to: "", picker: false, chrome: false, transparent: true } };
const LINK = {
  label: "Lobby", note: "", slug: "lobby", profile: { theme: "auto", refresh: "", from: "", to: "", picker: false, chrome: false, transparent: false },
  not_before: null, expires_at: "2026-03-15T13:45:30Z", has_password: true, frame_ancestors: ["https://a.example"],
};
const BUTTONS = ["pause", "resume", "rotate", "revoke"].map((action) => `<button type="button" data-action="${action}">x</button>`).join("");

let server: Server;
let went: string[];

async function open(): Promise<void> {
  document.body.innerHTML = `<main id="content" data-csrf="c1" data-token="t1" data-name="Lobby"><div data-scripted hidden>${BUTTONS}
    <button data-switch="off">x</button><button data-switch="on">x</button><button data-create>x</button><button data-edit><b>x</b></button><button>x</button></div></main>
    <script type="application/json" id="link-data">${JSON.stringify(LINK)}</script>${DIALOGUES}`;
  document.querySelector<HTMLElement>("#link-dialog")!.dataset["profiles"] = JSON.stringify(PROFILES);
  vi.resetModules();
  await import("../../src/pages/links/main");
}

const $ = <T extends HTMLElement = HTMLElement>(selector: string): T => document.querySelector<T>(selector)!;
const field = (name: string): HTMLInputElement => ($("#link-form") as HTMLFormElement).elements.namedItem(name) as HTMLInputElement;
const type = (name: string, value: string): void => {
  field(name).value = value;
  field(name).dispatchEvent(new Event("change", { bubbles: true }));
};
const send = async (form: string): Promise<void> => {
  $(form).dispatchEvent(new Event("submit", { cancelable: true }));
  await settled();
};
const isOpen = (selector: string): boolean => $<HTMLDialogElement>(selector).open;

beforeEach(async () => {
  vi.useFakeTimers();
  server = new Server().on("*", { body: { token: "t2" } });
  went = [];
  vi.stubGlobal("location", { pathname: "/links", search: "?page=2", assign: (to: string) => went.push(to) });
  await open();
});
afterEach(() => {
  closePage();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("creating a link", () => {
  beforeEach(() => $("[data-create]").click());
  it("sends what was filled in, with the session's token, and shows the link", async () => {
    expect([isOpen("#link-dialog"), $("#link-dialog-title").textContent, document.activeElement]).toEqual([true, "Create link", field("device")]);
    type("device", "rig-1");
    type("expires_at", "2026-04-01T08:00");
    await send("#link-form");
    expect(server.asked).toMatchObject([{ method: "POST", path: "/api/links", headers: { "X-CSRF-Token": "c1" }, body: { device: "rig-1", expires_at: "2026-04-01T08:00:00.000Z" } }]);
    expect([isOpen("#link-dialog"), went]).toEqual([false, ["/links/t2"]]);
  });
  it("may be of a document, whose field then stands there", async () => {
    type("target", "document");
    expect([...document.querySelectorAll<HTMLElement>("[data-for]")].map((part) => [part.dataset["for"], part.hidden])).toEqual([["device", true], ["device", true], ["document", false]]);
    type("document", "uid-1");
    await send("#link-form");
    expect(server.asked[0]!.body).toMatchObject({ document: "uid-1" });
  });
  it("takes a ready-made profile, and knows it again", async () => {
    $("select[name=named]").append(new Option("Kiosk", "kiosk"));
    type("named", "kiosk");
    expect([field("theme").value, field("refresh").value, field("transparent").checked]).toEqual(["dark", "10s", true]);
    type("refresh", "1m");
    expect(field("named").value).toBe("");
    type("refresh", "10s");
    expect(field("named").value).toBe("kiosk");
  });
  it("shows each problem at its field, and others above", async () => {
    const problems = [{ path: "frame_ancestors[0]", message: "must be an origin" }, { path: "profile.refresh", message: "no duration" }, { path: "document", message: "hidden" }, { path: "", message: "at all" }, 7];
    server.on("/api/links", { status: 422, body: { error: { message: "Invalid", details: { problems } } } });
    await send("#link-form");
    expect([...document.querySelectorAll(".wrong")].map((said) => [said.previousElementSibling!.getAttribute("name"), said.textContent]))
      .toEqual([["refresh", "no duration"], ["frame_ancestors", "must be an origin"]]);
    expect([$("#form-problem").textContent, document.activeElement, isOpen("#link-dialog")]).toEqual(["document: hidden at all", field("frame_ancestors"), true]);
    server.on("/api/links", { status: 500, body: { error: { message: "Failed.", request_id: "r1" } } });
    await send("#link-form");
    expect([document.querySelectorAll(".wrong").length, $("#form-problem").textContent]).toEqual([0, "Failed. Request id r1."]);
  });
  it.each([
    [{ status: 401 }, "You are signed out. Load the page again to sign in."],
    [{ status: 409, text: "<html>" }, "The service answered with an error (409)."],
    ["unreachable" as const, "The service could not be reached. Nothing was changed; try again."],
  ])("tells that it failed: %j", async (answer, words) => {
    server.on("/api/links", answer);
    await send("#link-form");
    expect([$("#form-problem").hidden, $("#form-problem").textContent]).toEqual([false, words]);
  });
  it("sends nothing twice, and closes by its button", async () => {
    server.on("/api/links", "never");
    await send("#link-form");
    await send("#link-form");
    expect(server.asked.length).toBe(1);
    $("#link-dialog [data-close]").click();
    expect(isOpen("#link-dialog")).toBe(false);
  });
});

describe("editing a link", () => {
  it("sends only what differs", async () => {
    $("[data-edit] b").click();
    expect([$("#link-dialog-title").textContent, field("label").value, field("frame_ancestors").value, $("#points-at").hidden, $("#drop-password").hidden])
      .toEqual(["Edit link", "Lobby", "https://a.example", true, false]);
    type("label", "Canteen");
    field("drop_password").checked = true;
    await send("#link-form");
    expect(server.asked).toMatchObject([{ method: "PATCH", path: "/api/links/t1", body: { label: "Canteen", password: null } }]);
    expect(Object.keys(server.asked[0]!.body as object)).toEqual(["label", "password"]);
  });
});

describe("the question before an action", () => {
  it.each([
    ["[data-action=pause]", "POST", "/api/links/t1/pause", "/links/t2"], ["[data-action=resume]", "POST", "/api/links/t1/resume", "/links/t2"],
    ["[data-action=revoke]", "DELETE", "/api/links/t1", "/links?page=2"], ["[data-switch=off]", "POST", "/api/links/off", "/links?page=2"],
    ["[data-switch=on]", "POST", "/api/links/on", "/links?page=2"],
  ])("%s is %s %s, then %s", async (button, method, path, then) => {
    $(button).click();
    expect([isOpen("#ask-dialog"), server.asked]).toEqual([true, []]);
    await send("#ask-form");
    expect([server.asked.map((one) => [one.method, one.path]), went, isOpen("#ask-dialog")]).toEqual([[[method, path]], [then], false]);
  });
  it("asks how long the old address lives on", async () => {
    $("[data-action=rotate]").click();
    expect($("#ask-grace").hidden).toBe(false);
    const grace = $<HTMLSelectElement>("select[name=grace]");
    grace.value = [...grace.options].at(-1)!.value;
    await send("#ask-form");
    expect(server.asked[0]!.body).toEqual({ grace_seconds: Number(grace.value) });
  });
  it("keeps what cannot be undone from a stray Enter", () => {
    $("[data-action=revoke]").click();
    expect([document.activeElement, $("#ask-yes").className]).toEqual([$("#ask-form [data-close]"), "danger"]);
    $("[data-action=pause]").click();
    expect([document.activeElement, $("#ask-yes").className]).toEqual([$("#ask-yes"), "primary"]);
  });
  it("tells in place that the action failed", async () => {
    server.on("/api/links/t1/pause", "unreachable");
    $("[data-action=pause]").click();
    await send("#ask-form");
    expect([isOpen("#ask-dialog"), $("#ask-problem").hidden, $("#ask-problem").textContent]).toEqual([true, false, "The service could not be reached. Nothing was changed; try again."]);
    expect($<HTMLButtonElement>("#ask-yes").disabled).toBe(false);
  });
});

describe("the page", () => {
  it("shows what needs a script, and stays as it is where there is nothing for it", async () => {
    expect([...document.querySelectorAll<HTMLElement>("[data-scripted]")].every((part) => !part.hidden)).toBe(true);
    document.body.innerHTML = "<main></main>";
    vi.resetModules();
    await import("../../src/pages/links/main");
    document.body.click();
    expect(document.body.innerHTML).toBe("<main></main>");
  });
});
