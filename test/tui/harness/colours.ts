/** The 16 colours of a plain terminal. */
export const COLOUR_LEVEL = '1'

// Read by the colour library when it is first loaded, so this module is imported before any other.
process.env['FORCE_COLOR'] = COLOUR_LEVEL
