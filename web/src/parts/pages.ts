// A list that is read page by page and looked at again by itself: what is shown belongs to one question, and no line falls between two pages.
import { computed, type ComputedRef, type Ref } from 'vue'
import { useFresh } from './fresh'

/** Lists of more pages are not looked at again by themselves: whoever reads so far back reads what is past. */
const MOST_LOOKED = 4

type Next = string | number | null
export interface Page<T> {
  rows: T[]
  /** Where the next page begins; nothing on the last. */
  next: Next
}

export interface Pages<T> {
  /** Nothing until the first answer. */
  rows: ComputedRef<T[] | null>
  /** There is more. */
  more: ComputedRef<boolean>
  error: Ref<unknown>
  busy: Ref<boolean>
  /** Reads anew all that is shown. */
  read: () => Promise<void>
  /** Forgets and begins with the first page: it is another question now. */
  again: () => Promise<void>
  /** Reads the next page. */
  onward: () => Promise<void>
}

/** `what`: reads the page at a place, the first at `null`. `key`: what two lines of the same thing share. `every` as of `useFresh`. */
export function usePages<T>(what: (from: Next, signal: AbortSignal) => Promise<Page<T>>, key: (row: T) => string | number, every?: number): Pages<T> {
  let many = 1
  const joined = (before: T[], rows: T[]) => {
    const there = new Set(before.map(key))
    return [...before, ...rows.filter((row) => !there.has(key(row)))]
  }
  async function gather(signal: AbortSignal): Promise<Page<T>> {
    let all = await what(null, signal)
    for (let n = 1; n < many && all.next !== null; n++) {
      const page = await what(all.next, signal)
      all = { rows: joined(all.rows, page.rows), next: page.next }
    }
    return all
  }
  const { value, error, busy, read, again, newest } = useFresh(gather, { ...(every === undefined ? {} : { every }), when: () => many <= MOST_LOOKED })

  async function onward() {
    const from = value.value?.next ?? null
    if (from === null) return
    await newest.read((signal) => what(from, signal), (page) => {
      many++
      value.value = { rows: joined(value.value?.rows ?? [], page.rows), next: page.next }
    })
  }
  return {
    rows: computed(() => value.value?.rows ?? null),
    more: computed(() => (value.value?.next ?? null) !== null),
    error,
    busy,
    read,
    again: () => {
      many = 1
      return again()
    },
    onward,
  }
}
