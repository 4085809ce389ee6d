import { type Dimension, dimensions } from './dimensions.ts'
import { measure, type Source } from './measures.ts'
import { type Metric, metrics, type Text } from './metrics.ts'
import { type Model, models } from './models.ts'

export interface RegistryAnswer {
  metrics: {
    id: string
    type: string
    unit: string
    label: Text
    description: Text
    tables: Source[]
    dimensions: string[]
    attributed: boolean
  }[]
  dimensions: { id: string; type: string; label: Text; description: Text }[]
  models: { id: string; label: Text; description: Text; parameters: Parameter[] }[]
}

/** What can be set of a model, beside look-back and direct. */
interface Parameter {
  id: 'half_life_days' | 'weights'
  default: number | readonly number[]
  /** What each of several numbers is for. */
  roles?: readonly string[]
}

/** The registry as callers see it: what can be asked, and what can be split by what. */
export function describeRegistry(): RegistryAnswer {
  return {
    metrics: Object.entries<Metric>(metrics).map(([name, { type, unit, label, description, uses }]) => {
      const tables = [...new Set(uses.map((used) => measure(used).source))]
      return {
        id: name,
        type,
        unit,
        label,
        description,
        tables,
        dimensions: Object.entries<Dimension>(dimensions)
          .filter(([, { on }]) => tables.every((table) => on[table] !== undefined))
          .map(([dimension]) => dimension),
        attributed: tables.includes('touchpoints'),
      }
    }),
    dimensions: Object.entries<Dimension>(dimensions).map(([name, { type, label, description }]) => ({
      id: name,
      type,
      label,
      description,
    })),
    models: Object.entries<Model>(models).map(([name, model]) => ({
      id: name,
      label: model.label,
      description: model.description,
      parameters: parametersOf(model),
    })),
  }
}

function parametersOf({ half_life_days, weights, roles }: Model): Parameter[] {
  return [
    ...(half_life_days === undefined ? [] : [{ id: 'half_life_days' as const, default: half_life_days }]),
    ...(weights === undefined ? [] : [{ id: 'weights' as const, default: weights, ...(roles && { roles }) }]),
  ]
}
