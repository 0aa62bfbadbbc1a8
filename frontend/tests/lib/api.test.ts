/** Calls of the server: what is sent, and how each way to fail is worded. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Api, type Wording, request } from "../../src/lib/api";
import { Server } from "../support/server";

let server: Server;
beforeEach(() => {
  server = new Server();
});
afterEach(() => vi.unstubAllGlobals());

const refused = (error: object): { error: object } => ({ error });

describe("our API for a signed-in page", () => {
  const api = new Api("c1");
  const pause = (): ReturnType<typeof api.call<"/api/links/{token}/pause", "post">> => api.call("post", "/api/links/{token}/pause", { path: { token: "a/b" } });

  it("sends the session's token, and what stands in the path for no other path", async () => {
    server.on("/api/links/a%2Fb/pause", { body: { token: "t2" } });
    expect(await pause()).toEqual({ ok: true, data: { token: "t2" } });
    expect(server.asked[0]).toMatchObject({ method: "POST", headers: { "X-CSRF-Token": "c1" }, body: undefined });
    expect(server.asked[0]!.headers).not.toHaveProperty("Content-Type");
  });
  it("asks below the root of the page", async () => {
    server.on("../api/links/off", { body: {} });
    expect(await new Api("c1", "../").call("post", "/api/links/off")).toMatchObject({ ok: true });
  });
  it("sends a body as JSON", async () => {
    server.on("/api/links", { body: {} });
    await api.call("post", "/api/links", { body: { device: "rig-1" } });
    expect(server.asked[0]).toMatchObject({ headers: { "Content-Type": "application/json" }, body: { device: "rig-1" } });
  });
  it.each([
    [401, refused({ message: "No." }), "You are signed out. Load the page again to sign in."],
    [409, refused({ message: "Taken." }), "Taken."],
    [500, refused({ message: "Broken.", request_id: "r1" }), "Broken. Request id r1."],
    [409, refused({ message: "Taken.", request_id: "r1" }), "Taken."],
    [418, null, "The service answered with an error (418)."],
  ])("a refusal with %i says what happened", async (status, body, message) => {
    server.on("*", { status, body });
    expect(await pause()).toMatchObject({ ok: false, status, message });
  });
  it("names the fields that are wrong, and leaves out what is no problem", async () => {
    const problem = { path: "label", message: "is too long" };
    server.on("*", { status: 422, body: refused({ code: "invalid", message: "Wrong.", details: { problems: [problem, { path: 1 }, null] } }) });
    expect(await pause()).toMatchObject({ id: "invalid", problems: [problem] });
  });
  it("says that nothing was changed when nobody answers", async () => {
    server.on("*", "unreachable");
    expect(await pause()).toMatchObject({ ok: false, status: 0, message: "The service could not be reached. Nothing was changed; try again.", aborted: false });
  });
});

describe("a question of any page", () => {
  const wording: Wording = { unreachable: "Away", byStatus: { 403: "Not now", 503: "Later" } };
  const ask = (): ReturnType<typeof request<unknown>> => request("/x", {}, wording);

  it.each([
    [403, { messageId: "panelNotFound", message: "Whatever" }, "Not now", "panelNotFound"],
    [503, { message: "Prometheus is down" }, "Prometheus is down", ""],
    [503, "no object", "Later", ""],
  ])("refused with %i", async (status, body, message, id) => {
    server.on("/x", { status, body });
    expect(await ask()).toMatchObject({ ok: false, status, message, id });
  });
  it("refuses a success that is no JSON", async () => {
    server.on("/x", { text: "<html>" });
    expect(await ask()).toMatchObject({ ok: false, status: 200, message: "The server's answer could not be read" });
  });
  it("tells a question that was taken back from one that failed", async () => {
    server.on("/x", "never");
    const taken = new AbortController();
    const asked = request("/x", { signal: taken.signal }, wording);
    taken.abort();
    expect(await asked).toMatchObject({ ok: false, aborted: true });
  });
});
