const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const mediaType = new RegExp(
  `^${token}/${token}(?:\\s*;\\s*${token}=(?:${token}|"[^"\\\\\\r\\n]*"))*$`,
);

/** The media type when it is one, in plain ASCII; whoever sent the file chose it, so anything else must not reach a header. */
export function safeContentType(text: string): string | undefined {
  return mediaType.test(text) && /^[\x20-\x7e]+$/.test(text) ? text : undefined;
}

/**
 * `Content-Disposition` of a download: a plain name for old clients, and the whole one, encoded, for the rest
 * (RFC 6266). No character of the name can end a quote or a line.
 */
export function contentDisposition(name: string): string {
  const plain = name.replaceAll(/[^\w .()+,-]/g, '_');
  const encoded = encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
