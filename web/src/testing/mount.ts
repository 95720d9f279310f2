// Mounts a page in tests without a browser: what it shows as text, its buttons and fields, and when the house answers.
import { createPinia, setActivePinia } from 'pinia'
import { createRenderer, h, nextTick, type Component } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { i18n } from '@/i18n'

type Props = Record<string, unknown>

/** A node of the page: an element, a text (`text`), or what Vue marks its places with. */
interface Node {
  tag: string
  text: string
  props: Props
  parent: Node | null
  children: Node[]
  /** For `v-show` and `v-model`, which touch the element itself. */
  style: Props
  addEventListener: (name: string, what: (event: unknown) => void) => void
  value?: unknown
  focus: () => void
}

function node(tag: string, text = ''): Node {
  const made: Node = {
    tag, text, props: {}, parent: null, children: [], style: {}, focus: () => {},
    addEventListener: (name, what) => (made.props[`on:${name}`] = what),
  }
  return made
}
function remove(child: Node) {
  const all = child.parent?.children
  if (all) all.splice(all.indexOf(child), 1)
  child.parent = null
}

const { createApp } = createRenderer<Node, Node>({
  createElement: (tag) => node(tag),
  createText: (text) => node('#text', text),
  createComment: () => node('#comment'),
  setText: (of, text) => (of.text = text),
  setElementText: (of, text) => {
    of.children = [{ ...node('#text', text), parent: of }]
  },
  insert: (child, parent, before) => {
    remove(child)
    child.parent = parent
    parent.children.splice(before ? parent.children.indexOf(before) : parent.children.length, 0, child)
  },
  remove,
  parentNode: (of) => of.parent,
  nextSibling: (of) => of.parent?.children[of.parent.children.indexOf(of) + 1] ?? null,
  patchProp: (of, name, _, next) => (of.props[name] = next),
  querySelector: () => node('#teleport'),
})
const textOf = (of: Node): string => (of.style['display'] === 'none' ? '' : of.text + of.children.map(textOf).join(' '))
const all = (of: Node): Node[] => [of, ...of.children.flatMap(all)]

/** Until everything that was answered has been taken and shown. */
export async function settled() {
  for (let i = 0; i < 20; i++) await Promise.resolve()
  await new Promise((done) => setImmediate(done))
  await nextTick()
}

/** Shows a page at an address; `path`: as the router has it. */
export async function mount(page: Component, { props = {}, path = '/', at = '/' }: { props?: Props; path?: string; at?: string } = {}) {
  const root = node('#root')
  const router = createRouter({ history: createMemoryHistory('/'), routes: [{ path, component: page }, { path: '/:elsewhere(.*)', component: page }] })
  await router.push(at)
  const pinia = createPinia()
  setActivePinia(pinia)
  const app = createApp({ render: () => h(page, props) })
  // A page that breaks breaks its test.
  app.config.errorHandler = (why) => {
    throw why
  }
  app.use(pinia).use(i18n).use(router)
  app.mount(root)
  await settled()
  return {
    text: () => textOf(root).replaceAll(/\s+/g, ' '),
    /** Goes to another address. */
    async go(to: string) {
      await router.push(to)
      await settled()
    },
    /** Presses what has these words (or this key of the texts) on it. */
    async click(words: string) {
      const said = i18n.global.te(words) ? i18n.global.t(words) : words
      const found = all(root).find((of) => of.props['onClick'] !== undefined && textOf(of).includes(said))
      if (!found) throw new Error(`no ${said} on the page: ${textOf(root)}`)
      for (const what of [found.props['onClick']].flat()) (what as (event: object) => void)({ preventDefault: () => {}, stopPropagation: () => {} })
      await settled()
    },
    unmount: () => app.unmount(),
  }
}
