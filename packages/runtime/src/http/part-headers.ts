/** What the headers of one part say. */
export interface PartHeaders {
  readonly name: string;
  readonly fileName: string | undefined;
  readonly contentType: string | undefined;
}

type Malformed = (what: string) => Error;

const utf8 = new TextDecoder('utf-8', { fatal: true });

function textOf(bytes: Uint8Array, malformed: Malformed): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed('part headers are not UTF-8');
  }
}

function fieldsOf(text: string, malformed: Malformed): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    // A dot would stop at what Unicode calls the end of a line too.
    const [, name, value] = /^([!#$%&'*+\-.^`|~\w]+):([^\r\n]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw malformed('a part header is not readable');
    if (fields.has(name.toLowerCase())) throw malformed(`two ${name} headers in one part`);
    fields.set(name.toLowerCase(), value.trim());
  }
  return fields;
}

/** Parameters of a disposition; in quotes a backslash stands before a quote or another backslash. RFC 7578 section 4.2. */
function parametersOf(disposition: string, malformed: Malformed): Map<string, string> {
  const parameters = new Map<string, string>();
  const pattern = /;\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\[^\r\n])*)"|([^\s";]+))\s*/gy;
  pattern.lastIndex = 'form-data'.length;
  while (pattern.lastIndex < disposition.length) {
    const [, name = '', quoted, plain = ''] = pattern.exec(disposition) ?? malformedParameter();
    const key = name.toLowerCase();
    if (parameters.has(key)) throw malformed(`two ${key} parameters in one part`);
    parameters.set(key, quoted === undefined ? plain : quoted.replaceAll(/\\(["\\])/g, '$1'));
  }
  return parameters;

  function malformedParameter(): never {
    throw malformed('a Content-Disposition is not readable');
  }
}

/**
 * Reads the header lines of a part, the empty line behind them left out. A `filename*` and an encoding of the bytes
 * are refused, as RFC 7578 has them no more; text must be UTF-8.
 * @param malformed makes the refusal
 */
export function partHeaders(lines: Uint8Array, malformed: Malformed): PartHeaders {
  const fields = fieldsOf(textOf(lines, malformed), malformed);
  const disposition = fields.get('content-disposition') ?? '';
  if (!/^form-data\s*(?:;|$)/i.test(disposition)) {
    throw malformed('a part has no form-data disposition');
  }
  const encoding = fields.get('content-transfer-encoding') ?? 'binary';
  if (!/^(?:7bit|8bit|binary)$/i.test(encoding)) {
    throw malformed('parts must be sent without a transfer encoding');
  }
  const parameters = parametersOf(disposition.trimEnd(), malformed);
  const name = parameters.get('name');
  if (name === undefined) throw malformed('a part has no name');
  if (parameters.has('filename*')) throw malformed('write file names as filename="…" in UTF-8');
  return {
    name,
    fileName: parameters.get('filename'),
    contentType: fields.get('content-type'),
  };
}
