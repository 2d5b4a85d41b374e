// SPDX-License-Identifier: MIT
/* object.c - the object file of a submission, judged; see object.h and elf(5).
 */
#include "object.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"

#define LIBRARY_MAX (64u << 20)

/* ---- The file ------------------------------------------------------------ */

struct object {
    const unsigned char *data;
    size_t size;
    Elf64_Ehdr head;
};

/* Copy SIZE bytes at OFFSET to TARGET; false if they are not all there. */
static bool fetch(const struct object *object, uint64_t offset, void *target,
                  size_t size)
{
    if (offset > object->size || size > object->size - offset)
        return false;
    memcpy(target, object->data + offset, size);
    return true;
}

/* False if DATA is no object or shared library for this machine. */
static bool open_object(struct object *object, const void *data, size_t size)
{
    *object = (struct object){.data = data, .size = size};
    return fetch(object, 0, &object->head, sizeof(object->head)) &&
           memcmp(object->head.e_ident, ELFMAG, SELFMAG) == 0 &&
           object->head.e_ident[EI_CLASS] == ELFCLASS64 &&
           object->head.e_ident[EI_DATA] == ELFDATA2LSB &&
           (object->head.e_type == ET_REL || object->head.e_type == ET_DYN) &&
           object->head.e_shentsize == sizeof(Elf64_Shdr) &&
           object->head.e_shnum > 0; /* 0: too many for the field */
}

static bool get_section(const struct object *object, size_t index,
                        Elf64_Shdr *section)
{
    return index < object->head.e_shnum &&
           fetch(object, object->head.e_shoff + index * sizeof(*section),
                 section, sizeof(*section));
}

/* The string at OFFSET of section number TABLE; NULL if there is none. */
static const char *get_string(const struct object *object, size_t table,
                              uint64_t offset)
{
    Elf64_Shdr section;

    if (!get_section(object, table, &section) ||
        section.sh_type != SHT_STRTAB || section.sh_offset > object->size ||
        section.sh_size > object->size - section.sh_offset ||
        offset >= section.sh_size)
        return NULL;
    const char *string =
        (const char *)object->data + section.sh_offset + offset;
    return memchr(string, '\0', section.sh_size - offset) ? string : NULL;
}

/* ---- Symbols ------------------------------------------------------------- */

/* Called with the name that others see, without its version. */
typedef bool visitor(const Elf64_Sym *symbol, const char *name, void *context);

static bool visit_name(const char *name, const Elf64_Sym *symbol,
                       visitor *visit, void *context)
{
    char *plain = xstrndup(name, strcspn(name, "@"));
    bool found = visit(symbol, plain, context);

    free(plain);
    return found;
}

static bool visit_symbols(const struct object *object, visitor *visit,
                          void *context)
{
    Elf64_Shdr section;
    Elf64_Sym symbol;

    for (size_t i = 0; get_section(object, i, &section); i++) {
        if (section.sh_type != SHT_SYMTAB && section.sh_type != SHT_DYNSYM)
            continue;
        for (uint64_t at = 0; at + sizeof(symbol) <= section.sh_size;
             at += sizeof(symbol)) {
            if (!fetch(object, section.sh_offset + at, &symbol, sizeof(symbol)))
                break;
            const char *name =
                get_string(object, section.sh_link, symbol.st_name);
            if (name && visit_name(name, &symbol, visit, context))
                return true;
        }
    }
    return false;
}

static bool is_shared(const Elf64_Sym *symbol)
{
    return ELF64_ST_BIND(symbol->st_info) != STB_LOCAL;
}

static bool is_defined(const Elf64_Sym *symbol)
{
    return symbol->st_shndx != SHN_UNDEF;
}

struct wanted {
    bool defined;
    bool (*visit)(const char *name, void *context);
    void *context;
};

static bool visit_wanted(const Elf64_Sym *symbol, const char *name,
                         void *context)
{
    const struct wanted *wanted = context;

    return is_shared(symbol) && is_defined(symbol) == wanted->defined &&
           wanted->visit(name, wanted->context);
}

bool object_names(const void *data, size_t size, bool defined,
                  bool (*visit)(const char *name, void *context), void *context)
{
    struct wanted wanted = {defined, visit, context};
    struct object object;

    return open_object(&object, data, size) &&
           visit_symbols(&object, visit_wanted, &wanted);
}

/* ---- The C library ------------------------------------------------------- */

static bool add_name(const char *name, void *context)
{
    argv_add(context, name);
    return false;
}

/* Our own C library and loader are those of the sandbox: /usr is the same. */
static int add_library(struct dl_phdr_info *info, size_t size, void *names)
{
    const char *path = info->dlpi_name;
    size_t length = 0;

    (void)size;
    if (strstr(path, "/libc.so") || strstr(path, "/ld-linux")) {
        char *data = read_file(AT_FDCWD, path, LIBRARY_MAX, &length);
        if (data)
            (void)object_names(data, length, true, add_name, names);
        free(data);
    }
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names that the C library gives to programs, in order. */
static struct argv library_names(void)
{
    struct argv names = {0};

    (void)dl_iterate_phdr(add_library, &names);
    if (names.count > 0)
        qsort(names.items, names.count, sizeof(*names.items), compare_names);
    return names;
}

static bool is_in_library(const struct argv *names, const char *name)
{
    return names->count > 0 &&
           bsearch(&name, names->items, names->count, sizeof(*names->items),
                   compare_names) != NULL;
}

/* ---- The verdict --------------------------------------------------------- */

/* Sections that say something to the linker or the loader, and names that the
 * server's part of the program rests on.  What ends in * is a beginning. */
static const char *const special_sections[] = {
    ".preinit_array*", ".interp*", ".dynamic*", ".dynsym*", ".dynstr*",
    ".hash*",          ".gnu.*",   ".got*",     ".plt*",    ".iplt*",
    ".igot*",          ".relr*",   NULL,
};
static const char *const special_names[] = {
    "ipclab_*", "__wrap_*", "_GLOBAL_OFFSET_TABLE_", "_DYNAMIC", NULL,
};

static bool fits_any(const char *const *patterns, const char *name)
{
    for (; *patterns; patterns++) {
        size_t size = strlen(*patterns) - 1;
        if ((*patterns)[size] == '*' ? strncmp(*patterns, name, size) == 0
                                     : strcmp(*patterns, name) == 0)
            return true;
    }
    return false;
}

static char *refuse_section(const Elf64_Shdr *section, const char *name)
{
    if (name == NULL)
        return xstrdup("It has a section without a name.");
    /* What lies in a section of such a name the linker takes as it is. */
    bool false_relocations =
        strncmp(name, ".rel", 4) == 0 && section->sh_type != SHT_RELA;
    if (!false_relocations && section->sh_type != SHT_PREINIT_ARRAY &&
        !fits_any(special_sections, name))
        return NULL;
    return xformat("It has a section %s, which is for the linker and the "
                   "loader; a program of this lab needs none.",
                   name);
}

/* Relocations that only the loader carries out: an assembler can be told to
 * write them, a compiler does not. */
static char *refuse_relocations(const struct object *object,
                                const Elf64_Shdr *section)
{
    Elf64_Rela entry;

    for (uint64_t at = 0;
         section->sh_type == SHT_RELA && at + sizeof(entry) <= section->sh_size;
         at += sizeof(entry)) {
        if (!fetch(object, section->sh_offset + at, &entry, sizeof(entry)))
            break;
        switch (ELF64_R_TYPE(entry.r_info)) {
        case R_X86_64_COPY:
        case R_X86_64_GLOB_DAT:
        case R_X86_64_JUMP_SLOT:
        case R_X86_64_RELATIVE:
        case R_X86_64_RELATIVE64:
        case R_X86_64_IRELATIVE:
            return xstrdup("It has a relocation that is for the loader.");
        }
    }
    return NULL;
}

struct judgement {
    struct object_verdict verdict;
    struct argv library;
};

static bool judge_symbol(const Elf64_Sym *symbol, const char *name,
                         void *context)
{
    struct judgement *judgement = context;
    char **refused = &judgement->verdict.refused;

    if (ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC)
        *refused = xformat("%s is an indirect function (ifunc): its resolver "
                           "would run before the program.",
                           name);
    if (*refused || !is_shared(symbol) || !is_defined(symbol))
        return *refused != NULL;
    bool taken = is_in_library(&judgement->library, name);
    judgement->verdict.shadows |= taken;
    if ((taken && *name == '_') || fits_any(special_names, name))
        *refused = xformat("It defines %s, a name that is kept for the system; "
                           "call it something else, or make it static.",
                           name);
    return *refused != NULL;
}

static char *refuse_any_section(const struct object *object)
{
    Elf64_Shdr section;
    char *refused = NULL;

    for (size_t i = 0; !refused && get_section(object, i, &section); i++) {
        const char *name =
            get_string(object, object->head.e_shstrndx, section.sh_name);
        refused = refuse_section(&section, name);
        if (refused == NULL)
            refused = refuse_relocations(object, &section);
    }
    return refused;
}

struct object_verdict object_judge(const void *data, size_t size)
{
    struct judgement judgement = {.library = {0}};
    struct object object;

    if (!open_object(&object, data, size) || object.head.e_type != ET_REL) {
        judgement.verdict.refused = xstrdup(
            "The compiler wrote no object file that the grader can read.");
        return judgement.verdict;
    }
    judgement.verdict.refused = refuse_any_section(&object);
    if (judgement.verdict.refused == NULL) {
        judgement.library = library_names();
        (void)visit_symbols(&object, judge_symbol, &judgement);
        argv_release(&judgement.library);
    }
    return judgement.verdict;
}

/* ---- Valgrind ------------------------------------------------------------ */

bool object_asks_valgrind(const void *data, size_t size)
{
    /* rol $3, $13, $61 and $51, %rdi: no effect but on Valgrind, which takes
     * what comes next for a request (valgrind.h). */
    static const unsigned char words[] = {0x48, 0xc1, 0xc7, 3,    0x48, 0xc1,
                                          0xc7, 13,   0x48, 0xc1, 0xc7, 61,
                                          0x48, 0xc1, 0xc7, 51};

    return memmem(data, size, words, sizeof(words)) != NULL;
}
