import type { Route } from '@cynodeai/contracts/common';
import { Buffer } from 'node:buffer';
import type { FuzzTarget } from './fuzz-case.ts';
import {
  type CaseDraft,
  type Change,
  declared,
  invalid,
  plainSample,
  requestParts,
  textOf,
} from './request-plan.ts';
import { floodRequest, wireRequest } from './wire-request.ts';

const boundary = 'fuzz-boundary';

interface Part {
  readonly disposition: string;
  readonly type?: string;
  readonly bytes: string | Uint8Array;
}

function form(parts: readonly Part[], end = `--${boundary}--\r\n`): Buffer {
  const pieces = parts.flatMap(({ disposition, type, bytes }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: ${disposition}\r\n${
        type === undefined ? '' : `Content-Type: ${type}\r\n`
      }\r\n`,
    ),
    Buffer.from(bytes),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...pieces, Buffer.from(end)]);
}

/** Names no file may have, as they stand between quotes. */
const hostileNames = [
  '',
  '.',
  '..',
  '../x',
  '/etc/passwd',
  String.raw`C:\\x`,
  '.hidden',
  'a\0b',
  'a/b',
  'x'.repeat(256),
  'ü'.repeat(128),
];

/** Forms that are cut, mislabelled or hold what they must not. */
export function formCases(target: FuzzTarget, route: Route): readonly CaseDraft[] {
  const { form: names } = route;
  if (names === undefined) return [];
  const sample = plainSample(target, route);
  const task: Part = {
    disposition: `form-data; name="${names.field}"`,
    type: 'application/json',
    bytes: textOf(sample.body ?? {}) ?? '{}',
  };
  const file = (name: string, bytes: string | Uint8Array = 'x'): Part => ({
    disposition: `form-data; name="${names.files}"; filename="${name}"`,
    bytes,
  });
  const right = form([task, file('fuzz.txt')]);
  const contentType = `multipart/form-data; boundary=${boundary}`;
  const draft = (mutation: string, change: Change, expect = invalid(route)): CaseDraft => ({
    route,
    field: 'form',
    mutation,
    expect,
    request: () => wireRequest(requestParts(target, route, sample, { contentType, ...change })),
  });
  const both = (mutation: string, body: Buffer, expect = invalid(route)): readonly CaseDraft[] => [
    draft(mutation, { body }, expect),
    draft(mutation, { body, chunked: true }, expect),
  ];
  const cuts = [0, 1, 20, Math.floor(right.length / 2), right.length - 20, right.length - 5];
  return [
    ...both('right', right, declared(route)),
    ...cuts.flatMap((at) => both('cut', right.subarray(0, at))),
    ...['', ';', '; boundary=', '; boundary=other', `; boundary=${'x'.repeat(71)}`].map((rest) =>
      draft('boundary', { contentType: `multipart/form-data${rest}`, body: right }),
    ),
    ...hostileNames.flatMap((name) => both('file-name', form([task, file(name)]))),
    ...both('order', form([file('a'), task])),
    ...both('repeated', form([task, file('a'), file('a')])),
    ...both('count', form([task, ...Array.from({ length: 17 }, (_, n) => file(`f${n}`))])),
    ...both('unknown-part', form([task, { disposition: 'form-data; name="other"', bytes: 'x' }])),
    ...both('nameless-part', form([task, { disposition: 'form-data', bytes: 'x' }])),
    ...both('bad-utf8', form([{ ...task, bytes: Buffer.from([0xff, 0xfe]) }])),
    ...both('noise', Buffer.from(right.map((byte, at) => (at % 37 === 0 ? byte ^ 0x80 : byte)))),
    ...both('large-part', form([task, file('big', Buffer.alloc(11 * 1024 * 1024))]), {
      kinds: ['payload_too_large'],
      success: false,
    }),
  ];
}

/** More raw bytes than a route takes; where they are to be of one form, what they are is refused first. */
export function rawFloodCases(target: FuzzTarget, route: Route): readonly CaseDraft[] {
  if (route.streamed === undefined || route.body !== undefined) return [];
  const sample = plainSample(target, route);
  const limit = route.streamedLimitBytes ?? target.bodyLimitBytes;
  const { method, path, headers } = requestParts(target, route, sample, {});
  return [
    {
      route,
      field: 'body',
      mutation: 'chunked-flood',
      expect: {
        kinds: [sample.content === undefined ? 'payload_too_large' : 'validation'],
        success: false,
      },
      request: () => floodRequest(method, path, headers, limit + 1024 * 1024),
    },
  ];
}
