// Why an order was not carried out: beside its form while that is there, at the edge of the page when it was closed meanwhile.
import { onScopeDispose, shallowRef, type Ref } from 'vue'
import { failed } from './notice'

export function useRefusal(): { error: Ref<unknown>; refuse: (why: unknown) => void } {
  const error = shallowRef<unknown>(null)
  let gone = false
  onScopeDispose(() => {
    gone = true
  })
  return {
    error,
    refuse(why) {
      if (gone) failed(why)
      else error.value = why
    },
  }
}
