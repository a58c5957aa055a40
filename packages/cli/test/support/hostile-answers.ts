import { gatewayRoutes, taskEventSchemas } from '@cynodeai/contracts/gateway';
import { isRecord } from '@cynodeai/runtime/std';
import { type Recorded, type Answer, json } from '@cynodeai/testing/doubles';
import type { JsonSchema } from '@cynodeai/testing/fuzz';
import { z } from 'zod';

/** Finds in an output what came from outside. */
export const mark = 'hostile-mark';

/** Everything that could steer a terminal or mislead its reader, each kind once. */
export const hostileText = `${mark}${[
  '\u0000',
  '\u0007',
  '\b\b',
  '\u001B]52;c;QUFB\u0007',
  '\u001B]0;title\u001B\\',
  '\u001B[5;41m',
  '\u001B[2J',
  '\u001Bc',
  '\u001BP+q\u001B\\',
  '\u007F',
  '\u0085',
  '\u009B31m',
  '\u009D0;x\u009C',
  '\r',
  '\u200E\u200F\u061C',
  '\u2028\u2029',
  '\u202A\u202D\u202E\u2066\u2069',
  '\uE000\uFFFF\u{E0041}\u{10FFFE}',
].join('x')}`;

/** What none of a program's output to a terminal may hold: everything but line ends and TABs that `hostileText` is about. */
const steering =
  /[\p{Cc}\p{Cn}\p{Co}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\u{E0000}-\u{E0FFF}]/u;
/** A watch empties the screen before it draws; colours stay and end with what they colour. */
const harmless = ['\u001B[2J\u001B[H', '\u001B[5;41m', '\u001B[0m'];

/** What of an output would steer the terminal, with what stands around it; undefined when nothing does. */
export function steeringIn(output: string): string | undefined {
  const text = harmless
    .reduce((rest, own) => rest.replaceAll(own, ''), output)
    .replaceAll(/[\n\t]/g, ' ');
  const at = steering.exec(text)?.index;
  return at === undefined ? undefined : JSON.stringify(text.slice(Math.max(0, at - 40), at + 40));
}

/** The id of everything. */
export const userId = '0198c0de-0000-7000-8000-000000000001';

const formats: Readonly<Record<string, string>> = {
  uuid: userId,
  'date-time': '2026-11-20T10:00:00.000Z',
};

/** Words that let a command come to its end. */
const ends = ['completed', 'cancelled', 'canceled', 'ready', 'json'];

/** A value of this schema in which every text that has no form is hostile. */
function valueOf(schema: JsonSchema): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined)
    return ends.find((w) => schema.enum?.includes(w)) ?? schema.enum[0];
  if (schema.anyOf !== undefined) return valueOf(schema.anyOf[0] ?? {});
  switch (schema.type) {
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case 'array':
      return [valueOf(schema.items ?? {})];
    case 'object':
      return objectOf(schema);
    case 'string':
    case undefined:
    default:
      return formats[schema.format ?? ''] ?? hostileText;
  }
}

function objectOf({ properties, additionalProperties: rest }: JsonSchema): unknown {
  const members = Object.entries(properties ?? {}).map(([key, child]) => [key, valueOf(child)]);
  const more = isRecord(rest) ? [[hostileText, valueOf(rest)]] : [];
  return Object.fromEntries([...members, ...more]);
}

function hostileValue(schema: z.ZodType): unknown {
  return valueOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema);
}

const routes = Object.values(gatewayRoutes).map((route) => ({
  route,
  path: new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

/** The events of a task that ends, each with hostile data and an id of the same kind. */
function stream(): string {
  return (['job.log', 'job.status', 'task.status'] as const)
    .map((event, index) => {
      const data = JSON.stringify(hostileValue(taskEventSchemas[event]));
      return `id: ${index}-${mark}\u001B[5m\nevent: ${event}\ndata: ${data}\n\n`;
    })
    .join('');
}

/** Answers every route as the contract has it, and every text in it is hostile. */
export const hostileAnswer: Answer = (request, response) => {
  const found = routeOf(request);
  if (found === undefined) return hostileProblem(request, response);
  const [status = '200', body] = Object.entries(found.success)[0] ?? [];
  switch (body?.kind) {
    case 'json': {
      const value = hostileValue(body.schema);
      // Pages come to an end.
      const last = isRecord(value) && request.url.includes('cursor=');
      const page = last ? { ...value, next_cursor: undefined } : value;
      return json(Number(status), page)(request, response);
    }
    case 'event-stream':
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      return void response.end(stream());
    case 'text':
    case 'bytes':
      response.writeHead(Number(status), { 'content-type': 'text/plain' });
      return void response.end(hostileText);
    default:
      return void response.writeHead(Number(status)).end();
  }
};

function routeOf({ method, url }: Recorded) {
  const path = url.split('?', 1)[0] ?? '';
  return routes.find((one) => one.route.method === method && one.path.test(path))?.route;
}

/** Refuses everything, in hostile words. */
export const hostileProblem: Answer = json(
  422,
  {
    type: `urn:cynodeai:error:${hostileText}`,
    title: hostileText,
    status: 422,
    detail: hostileText,
    instance: hostileText,
    errors: [{ path: hostileText, message: hostileText }],
    [hostileText]: hostileText,
  },
  { 'content-type': 'application/problem+json' },
);

/** Is no answer of this gateway at all. */
export const hostilePage: Answer = (_request, response) => {
  response.writeHead(502, { 'content-type': 'text/html' });
  response.end(`<h1>${hostileText}</h1>`);
};
