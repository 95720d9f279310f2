// Reads of one thing, of which only the newest counts: each breaks off the one before, and none is taken when the page is gone.
import { onScopeDispose, ref, shallowRef, type Ref } from 'vue'

/** A quiet look waits so long for the one before, ms: a slow house is not asked ever anew without one answer being taken. */
const PATIENCE = 30_000

export interface Newest {
  /** Why the newest read failed; nothing while it is under way. */
  error: Ref<unknown>
  /** A read is under way that somebody waits for. */
  busy: Ref<boolean>
  /**
   * Asks, and gives the answer to `take` unless another read began meanwhile. True when it was taken.
   * The signal breaks the question off; an answer that comes all the same is dropped.
   */
  read: <T>(ask: (signal: AbortSignal) => Promise<T>, take: (found: T) => void) => Promise<boolean>
  /**
   * As `read`, but unasked: what is told stays until there is an answer, and it gives way to a read under way.
   * `tell`: say when it fails; else only the next look will show it.
   */
  look: <T>(ask: (signal: AbortSignal) => Promise<T>, take: (found: T) => void, tell: boolean) => Promise<boolean>
  /** Nothing that is under way is taken any more, and no failure stands: there is nothing to read, or something newer came another way. */
  drop: () => void
}

export function useNewest(): Newest {
  const error = shallowRef<unknown>(null)
  const busy = ref(false)
  let running: AbortController | null = null
  let since = 0
  let gone = false

  async function begin<T>(ask: (signal: AbortSignal) => Promise<T>, take: (found: T) => void, tell: boolean): Promise<boolean> {
    if (gone) return false
    running?.abort()
    const mine = (running = new AbortController())
    since = Date.now()
    try {
      const found = await ask(mine.signal)
      if (running !== mine) return false
      error.value = null
      take(found)
      return true
    } catch (why) {
      if (running === mine && tell) error.value = why
      return false
    } finally {
      if (running === mine) {
        running = null
        busy.value = false
      }
    }
  }
  function drop() {
    running?.abort()
    running = null
    busy.value = false
    error.value = null
  }
  onScopeDispose(() => {
    gone = true
    drop()
  })
  return {
    error,
    busy,
    read: (ask, take) => {
      busy.value = !gone
      error.value = null
      return begin(ask, take, true)
    },
    look: (ask, take, tell) => (running && Date.now() - since < PATIENCE ? Promise.resolve(false) : begin(ask, take, tell)),
    drop,
  }
}
