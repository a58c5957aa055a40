/**
 * The token of an `Authorization: Bearer` header; the scheme's case does not matter.
 * See docs/reference/http.md#requests.
 */
export function bearerToken(header: string | undefined): string | undefined {
  return /^bearer +([\w.~+/=-]+) *$/i.exec(header ?? '')?.[1];
}
