/** An OpenAPI document without what says nothing in types: each operation's refusals, which all have one shape, and titles. */

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const isObject = (value: Json | undefined): value is { [name: string]: Json } => typeof value === "object" && value !== null && !Array.isArray(value);

export function slim(value: Json): Json {
  if (Array.isArray(value)) return value.map(slim);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).flatMap(([name, one]): [string, Json][] => {
    // A property may be called so as well; a title is a text.
    if (name === "title" && typeof one === "string") return [];
    if (name === "responses" && isObject(one) && Object.keys(one).every((status) => /^\d{3}$/.test(status))) return [[name, slim(successes(one))]];
    return [[name, slim(one)]];
  });
  return Object.fromEntries(kept);
}

function successes(responses: { [status: string]: Json }): { [status: string]: Json } {
  return Object.fromEntries(Object.entries(responses).filter(([status]) => status.startsWith("2")));
}
