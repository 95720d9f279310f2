// The short words at the edge of the page have no edge here, and the whole of Element Plus need not be loaded for them.
import { vi } from 'vitest'

vi.mock('element-plus', () => ({ ElMessage: () => {} }))
