// A refusal of the house (problem+json, RFC 9457), or that it could not be reached.

export class Problem extends Error {
  constructor(
    /** The stable word: `wrong_stage`, `desk_closed`, ..., `unreachable`. */
    readonly code: string,
    /** HTTP status; 0 when the house was not reached. */
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    /** Further members: `next_open`, `stage`, `retry_after`. */
    readonly more: Record<string, unknown> = {},
  ) {
    super(detail || title || code)
  }

  num(name: string): number | null {
    const value = this.more[name]
    return typeof value === 'number' ? value : null
  }
}

const text = (value: unknown) => (typeof value === 'string' ? value : '')

/** Reads a refusing response, whatever its body is. */
export async function problemOf(response: Response): Promise<Problem> {
  let body: Record<string, unknown> = {}
  try {
    const read: unknown = await response.json()
    if (read !== null && typeof read === 'object') body = read as Record<string, unknown>
  } catch {
    // Not JSON (a proxy's page): the status must do.
  }
  const after = Number(response.headers.get('retry-after'))
  if (Number.isFinite(after) && after > 0 && typeof body['retry_after'] !== 'number') body['retry_after'] = after
  return new Problem(text(body['code']) || `http_${response.status}`, response.status, text(body['title']), text(body['detail']), body)
}
