const lowerCased = (text: string): string => text.toLowerCase();

/** A host as rules name it: lower case, punycode, no dot at its end; undefined for what is no host alone. */
function hostOf(text: string): string | undefined {
  if (/[\s/?#@\\*%]/u.test(text) || !URL.canParse(`http://${text}/`)) return undefined;
  const url = new URL(`http://${text}/`);
  const host = url.hostname.endsWith('.') ? url.hostname.slice(0, -1) : url.hostname;
  return url.port === '' && !text.endsWith(':') && host !== '' ? host : undefined;
}

/** An absolute URL without its fragment; undefined for one with a user, which hides where it goes. */
function urlOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.host === '' || url.username !== '' || url.password !== '') return undefined;
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1);
  url.hash = '';
  return url.href;
}

/** How a resource is spelled before rules look at it, where spellings differ. */
const spellings: Readonly<Record<string, (text: string) => string | undefined>> = {
  'api.provider_operation': lowerCased,
  'web.domain': hostOf,
  'web.url_pattern': urlOf,
  project: lowerCased,
  project_plan: lowerCased,
  task: lowerCased,
  preference: lowerCased,
  credential: lowerCased,
};

/**
 * The resource of a call in the one spelling rules are compared with; undefined for what is none of its type.
 * See docs/reference/identity-and-policy.md#access-rules.
 */
export function normalResource(type: string, resource: string): string | undefined {
  if (resource === '') return undefined;
  const spell = Object.hasOwn(spellings, type) ? spellings[type] : undefined;
  return spell === undefined ? resource : spell(resource);
}
