// What pages use of Element Plus, as little as they need: the whole of it wants a whole browser.
import { defineComponent } from 'vue'
import { vi } from 'vitest'

vi.mock('element-plus', () => ({
  ElMessage: vi.fn(),
  ElDrawer: defineComponent({
    inheritAttrs: false,
    props: { modelValue: Boolean },
    setup: (props, { slots }) => () => (props.modelValue ? slots['default']?.() : null),
  }),
}))
