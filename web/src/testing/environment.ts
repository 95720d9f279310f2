// Where pages are mounted in tests: node, with the pages compiled as for a browser and the little of a browser that they touch on their way up.
import type { Environment } from 'vitest/runtime'

const storage = () => {
  const kept = new Map<string, string>()
  return { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key) }
}

export default {
  name: 'page',
  viteEnvironment: 'client',
  setup(global: Record<string, unknown>) {
    const navigator = { userAgent: '' }
    const has = {
      navigator,
      window: Object.assign(new EventTarget(), { navigator, matchMedia: () => Object.assign(new EventTarget(), { matches: false }) }),
      document: Object.assign(new EventTarget(), { visibilityState: 'visible', createElement: () => ({}), getElementById: () => null, documentElement: { lang: '' } }),
      location: { search: '' },
      history: { state: {} },
      Audio: class { pause() {} },
      Document: class {},
      ShadowRoot: class {},
      HTMLElement: class {},
      requestAnimationFrame: () => 0,
      cancelAnimationFrame: () => {},
      localStorage: storage(),
      sessionStorage: storage(),
    }
    for (const [name, value] of Object.entries(has)) Object.defineProperty(global, name, { value, configurable: true, writable: true })
    return { teardown: () => Object.keys(has).forEach((name) => delete global[name]) }
  },
} satisfies Environment
