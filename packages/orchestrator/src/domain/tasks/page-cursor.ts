import { OrchestratorError } from '../errors.ts';

/** The last row of a page; the next page starts after it, newest first. */
export interface PagePosition {
  readonly createdAt: Date;
  readonly id: string;
}

/** Signs a text, so that a changed cursor is noticed; 1 to 64 characters without dots. */
export type Seal = (text: string) => string;

const pattern = /^([0-9a-z]{1,10})\.([0-9a-f]{32})\.([^.]{1,64})$/;

function uuidOf(hex: string): string {
  return [8, 12, 16, 20, 32].map((end, at, ends) => hex.slice(ends[at - 1] ?? 0, end)).join('-');
}

/** An opaque cursor for the page after `position`. See docs/reference/http.md#pages. */
export function encodeCursor(position: PagePosition, seal: Seal): string {
  const text = `${position.createdAt.getTime().toString(36)}.${position.id.replaceAll('-', '')}`;
  return `${text}.${seal(text)}`;
}

/** Reads a cursor. @throws OrchestratorError `input_invalid` for one that was not made here. */
export function decodeCursor(cursor: string, seal: Seal): PagePosition {
  const [, time, id, signature] = pattern.exec(cursor) ?? [];
  if (time === undefined || id === undefined || signature !== seal(`${time}.${id}`)) {
    throw new OrchestratorError(
      'input_invalid',
      'the cursor is not valid; start again without one',
      { field: 'cursor' },
    );
  }
  return { createdAt: new Date(Number.parseInt(time, 36)), id: uuidOf(id) };
}
