/* convention.c: homes for guests that a host has no rows of its own for (convention.def): the slots
 * that are used most get the host's registers in the order in which it gives them away.
 */
#include <string.h>

#include "backend/core/core.h"

static bool give(Convention *conv, const SlotTable *slots, unsigned slot, const uint8_t **homes)
{
    if (**homes == ANY_REG)
        return false;
    conv->home[slot] = (int8_t) * (*homes)++;
    for (const char *p = slots->slots[slot].name; *p; p++)
        conv->version = (conv->version ^ (uint8_t)*p) * 16777619u; /* FNV-1a */
    conv->version = (conv->version ^ (uint8_t)conv->home[slot]) * 16777619u;
    return true;
}

bool convention_by_heat(const SlotTable *slots, const uint8_t *general, const uint8_t *vector,
                        Convention *conv)
{
    bool any = false;
    conv->version = 2166136261u;
    memset(conv->home, -1, sizeof conv->home);
    for (uint32_t i = 0; i < slots->hot_count; i++) {
        unsigned slot = slots->hot[i];
        bool is_int = class_of_type(slots->slots[slot].type) == CLASS_GPR;
        any |= give(conv, slots, slot, is_int ? &general : &vector);
    }
    return any;
}
