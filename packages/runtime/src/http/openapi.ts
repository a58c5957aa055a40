import {
  type ResponseBody,
  type Route,
  problemSchema,
  problemStatus,
} from '@cynodeai/contracts/common';
import { STATUS_CODES } from 'node:http';
import { z } from 'zod';

type JsonObject = Record<string, unknown>;

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

function parameters(route: Route): JsonObject[] {
  const part = (schema: z.ZodObject | undefined, where: 'path' | 'query'): JsonObject[] =>
    Object.entries(schema?.shape ?? {}).map(([name, field]) => ({
      name,
      in: where,
      required: where === 'path' || !z.safeParse(field as z.ZodType, undefined).success,
      schema: jsonSchema(field as z.ZodType, 'input'),
    }));
  return [...part(route.params, 'path'), ...part(route.query, 'query')];
}

function content(body: ResponseBody): JsonObject | undefined {
  switch (body.kind) {
    case 'json':
      return { 'application/json': { schema: jsonSchema(body.schema, 'output') } };
    case 'text':
      return { 'text/plain': { schema: { type: 'string' } } };
    case 'event-stream':
      return { 'text/event-stream': { schema: { type: 'string' } } };
    case 'bytes':
      return { 'application/octet-stream': {} };
    case 'empty':
      return undefined;
  }
}

function responses(route: Route): JsonObject {
  const out: JsonObject = {};
  for (const [status, body] of Object.entries(route.success)) {
    const media = content(body);
    out[status] = { description: STATUS_CODES[status] ?? status, ...(media && { content: media }) };
  }
  const kinds = Map.groupBy(route.errors, (kind) => problemStatus[kind]);
  for (const [status, members] of kinds) {
    out[String(status)] = {
      description: `${STATUS_CODES[status] ?? status}: ${members.join(', ')}`,
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
  return out;
}

/** A form's first part is the route's JSON body; its files follow. Raw bytes have no schema. */
function requestContent(route: Route): JsonObject {
  const body = route.body && jsonSchema(route.body, 'input');
  const file = { type: 'string', contentMediaType: 'application/octet-stream' };
  return {
    ...(body && { 'application/json': { schema: body } }),
    ...(route.streamed === 'application/octet-stream' && { [route.streamed]: {} }),
    ...(route.form && {
      'multipart/form-data': {
        schema: {
          type: 'object',
          required: [route.form.field],
          properties: {
            [route.form.field]: body,
            [route.form.files]: { type: 'array', items: file },
          },
        },
        encoding: { [route.form.field]: { contentType: 'application/json' } },
      },
    }),
  };
}

function operation(route: Route): JsonObject {
  return {
    operationId: route.operation,
    ...(route.action !== undefined && { 'x-action': route.action }),
    summary: route.summary,
    parameters: parameters(route),
    ...((route.body ?? route.streamed) !== undefined && {
      requestBody: { required: !route.bodyOptional, content: requestContent(route) },
    }),
    responses: responses(route),
    security: route.auth === 'none' || route.auth === 'psk' ? [] : [{ bearer: [] }],
  };
}

export interface ApiInfo {
  readonly title: string;
  readonly version: string;
}

/** The OpenAPI 3.1 document of a set of routes, made from the same data that serves them. */
export function openApiDocument(info: ApiInfo, routes: readonly Route[]): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info,
    paths,
    components: {
      schemas: { Problem: jsonSchema(problemSchema, 'output') },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
  };
}
