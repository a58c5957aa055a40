/** The token of an `Authorization: Bearer` header; the scheme's case does not matter. Contract 04 section 2. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^bearer +([\w.~+/=-]+) *$/i.exec(header ?? '')?.[1];
}
