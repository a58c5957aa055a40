/** What the address of a service must be, for messages. */
export const serviceUrlRule =
  'must be an absolute http or https URL without userinfo, query or fragment';

/** True for the address of a service. See docs/reference/nodes.md#worker-api-url. */
export function isServiceUrl(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null &&
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    url.username === '' &&
    url.password === '' &&
    !text.includes('?') &&
    !text.includes('#')
  );
}
