/** Writes the types of our API from its OpenAPI document: `vite-node tooling/api-types.ts DOCUMENT FILE`; `npm run api` does both. */
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { type OpenAPI3, astToString } from "openapi-typescript";
import { slim } from "./slim-document";

const [document, file] = process.argv.slice(2);
if (!document || !file) throw new Error("usage: api-types.ts DOCUMENT FILE");
const described = slim(JSON.parse(readFileSync(document, "utf8"))) as unknown as OpenAPI3;
// A field with a default may be left out of a request.
const types = astToString(await openapiTS(described, { defaultNonNullable: false }));
writeFileSync(file, `/** The API's types, written by \`npm run api\` from its OpenAPI document. Not to be edited. */\n${types}`);
