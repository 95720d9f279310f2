// Mounts a page in tests without a browser: what it shows as text, its buttons and fields, and when the house answers.
import { createPinia, setActivePinia } from 'pinia'
import { createRenderer, h, nextTick, shallowRef, type Component } from 'vue'
import { createMemoryHistory, createRouter, RouterView } from 'vue-router'
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
  options: Node[]
  value?: unknown
  focus: () => void
  blur: () => void
  getRootNode: () => null
  getBoundingClientRect: () => { width: number; height: number }
  querySelector: () => null
  showModal: () => void
  getContext: () => null
  close: () => void
}

function node(tag: string, text = ''): Node {
  const made: Node = {
    tag, text, props: {}, parent: null, children: [], style: {}, options: [], focus: () => {}, blur: () => {},
    getRootNode: () => null, getBoundingClientRect: () => ({ width: 0, height: 0 }), querySelector: () => null, showModal: () => {}, getContext: () => null, close: () => {},
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

/** Turns of the loop that the body of an answer and what is shown of it may take. */
const TURNS = 5

/** Until everything that was answered has been taken and shown. */
export async function settled() {
  for (let i = 0; i < TURNS; i++) {
    await new Promise((done) => setImmediate(done))
    await nextTick()
  }
}

/** Shows a page at an address; `path`: as the router has it. */
export async function mount(page: Component, { props = {}, path = '/', at = '/' }: { props?: Props; path?: string; at?: string } = {}) {
  const root = node('#root')
  const router = createRouter({ history: createMemoryHistory('/'), routes: [{ path, component: page }, { path: '/:elsewhere(.*)', component: page }] })
  await router.push(at)
  const pinia = createPinia()
  setActivePinia(pinia)
  const given = shallowRef(props)
  const app = createApp({ render: () => (path === '/' ? h(page, given.value) : h(RouterView)) })
  // A page that breaks breaks its test.
  app.config.errorHandler = (why) => {
    throw why
  }
  app.use(pinia).use(i18n).use(router)
  app.mount(root)
  await settled()
  const said = (words: string) => (i18n.global.te(words, 'zh-CN') ? i18n.global.t(words) : words)
  function find(what: string, fits: (of: Node) => boolean): Node {
    const found = all(root).find(fits)
    if (!found) throw new Error(`no ${what} on the page: ${textOf(root)}`)
    return found
  }
  function fieldOf(words: string): Node {
    const label = find(said(words), (of) => of.tag === 'label' && textOf(of).includes(said(words)))
    return find(`field in ${said(words)}`, (of) => ['input', 'select', 'textarea'].includes(of.tag) && all(label).includes(of))
  }
  async function happen(of: Node, name: string, target: object = of) {
    const event = { target, type: name, preventDefault: () => {}, stopPropagation: () => {} }
    for (const what of [of.props[name] ?? []].flat()) (what as (event: object) => void)(event)
    await settled()
  }
  return {
    /** What stands on the page. */
    text: () => textOf(root).replaceAll(/\s+/g, ' '),
    /** Whether these words (or this key of the texts) stand on it. */
    says: (words: string) => textOf(root).includes(said(words)),
    /** Goes to another address. */
    async go(to: string) {
      await router.push(to)
      await settled()
    },
    /** Presses what has these words (or this key of the texts) on it, or this `data-testid`. */
    click: (words: string) => happen(find(said(words), (of) => of.props['onClick'] !== undefined && (of.props['data-testid'] === words || textOf(of).includes(said(words)))), 'onClick'),
    /** Presses the `n`th (from 0) that says just this. */
    clickNth: (words: string, n: number) => {
      let left = n
      return happen(find(`${n} ${words}`, (of) => of.props['onClick'] !== undefined && textOf(of) === words && left-- === 0), 'onClick')
    },
    /** The first such field is changed by hand. */
    change: (tag: string, value: unknown) => happen(find(tag, (of) => of.tag === tag), 'onChange', { value }),
    /** Gives other properties. */
    async set(more: Props) {
      given.value = { ...given.value, ...more }
      await settled()
    },
    /** What stands in the field with these words in its label. */
    value: (words: string) => fieldOf(words).value,
    /** Writes into it, or chooses there. */
    async write(words: string, value: unknown) {
      const field = fieldOf(words)
      const take = field.props['onUpdate:modelValue'] as ((value: unknown) => void) | undefined
      take?.(value)
      await happen(field, 'onInput', { value })
      await happen(field, 'onChange', { value })
    },
    /** Chooses a file. */
    drop: (name: string, text: string) => happen(find('file', (of) => of.props['type'] === 'file'), 'onChange', { files: [new File([text], name)], value: name }),
    /** What elements are called for those who don't see them. */
    labels: () => all(root).map((of) => String(of.props['aria-label'] ?? '')).filter(Boolean),
    /** A property of the first such element. */
    prop: (tag: string, name: string) => find(tag, (of) => of.tag === tag).props[name],
    /** Sends the form that the page shows. */
    submit: () => happen(find('form', (of) => of.props['onSubmit'] !== undefined), 'onSubmit'),
    unmount: () => app.unmount(),
  }
}
