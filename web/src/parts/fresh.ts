// Reads something, keeps it while it is read anew, and reads again by itself: what is on the screen is never older than a moment.
import { onBeforeUnmount, onMounted, shallowRef, type Ref } from 'vue'
import { useNewest, type Newest } from './newest'

/** Between two looks, ms. */
const EVERY = 15_000
/** After a step, ms: what the house does next of itself (the first call of a hand-over) is written by then. */
const SOON = 1_500

export interface Fresh<T> {
  value: Ref<T | null>
  error: Ref<unknown>
  busy: Ref<boolean>
  /** Reads now; an older answer that comes later is not taken. */
  read: () => Promise<void>
  /** Takes what a step answered, and looks once more when the house has gone on by itself. */
  took: (next: T) => void
  /** Forgets and reads: it is another thing now. */
  again: () => Promise<void>
  /** For what else is read into the same value: one after the other. */
  newest: Newest
}

export interface Looks {
  /** Between two looks, ms; 0: only when asked. */
  every?: number
  /** A look that fails is told, though something is shown. */
  tell?: boolean
  /** Whether to look by itself now. */
  when?: () => boolean
}

export function useFresh<T>(what: (signal: AbortSignal) => Promise<T>, { every = EVERY, tell = false, when = () => true }: Looks = {}): Fresh<T> {
  const value = shallowRef<T | null>(null)
  const newest = useNewest()
  const take = (found: T) => {
    value.value = found
  }
  const read = async () => void (await newest.read(what, take))
  const again = () => {
    value.value = null
    return read()
  }
  let later: ReturnType<typeof setTimeout> | null = null
  function took(next: T) {
    // A look that was on its way is older than this.
    newest.drop()
    value.value = next
    if (later) clearTimeout(later)
    later = setTimeout(look, SOON)
  }
  function look() {
    if (document.visibilityState === 'visible' && when()) void newest.look(what, take, tell || value.value === null)
  }

  let timer: ReturnType<typeof setInterval> | null = null
  onMounted(() => {
    void read()
    if (!every) return
    document.addEventListener('visibilitychange', look)
    timer = setInterval(look, every)
  })
  onBeforeUnmount(() => {
    newest.drop()
    document.removeEventListener('visibilitychange', look)
    if (timer) clearInterval(timer)
    if (later) clearTimeout(later)
  })
  return { value, error: newest.error, busy: newest.busy, read, took, again, newest }
}
