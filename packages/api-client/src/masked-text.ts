/** What people are told of a job that wrote secrets it was given. See docs/reference/sandbox.md#secrets. */
export function maskedText(places: readonly string[], job: string): string {
  const what = places.map((place) => (place === 'artifacts' ? 'its files' : place)).join(' and ');
  return `${job} wrote a secret it was given: in ${what} it is masked as ***`;
}
