import { expect, it } from "vitest";
import { slim } from "../../tooling/slim-document";

it("leaves out refusals and titles, and nothing that is only called so", () => {
  const document = {
    paths: { "/x": { get: { responses: { 200: { description: "OK" }, 404: { description: "No" } } } } },
    components: { schemas: { Note: { title: "Note", properties: { title: { title: "Title", type: "string" }, responses: { type: "object" } } } } },
  };
  expect(slim(document)).toEqual({
    paths: { "/x": { get: { responses: { 200: { description: "OK" } } } } },
    components: { schemas: { Note: { properties: { title: { type: "string" }, responses: { type: "object" } } } } },
  });
});
