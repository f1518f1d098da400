# Writes the assembler file that puts every file of a folder into the program, and its table: an
# array of (name, begin, end) that ends with nulls, called SYMBOL.
# Called as: cmake -DROOT=folder -DOUT=assets.S -DSYMBOL=tocsin_assets -P embed_assets.cmake
if(NOT SYMBOL)
  set(SYMBOL tocsin_assets)
endif()
file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/*)
list(SORT files)
list(FILTER files EXCLUDE REGEX "(^|/)README\\.md$")
set(data "")
set(table "")
set(count 0)
foreach(file IN LISTS files)
  string(APPEND data
    "name_${count}: .asciz \"${file}\"\ndata_${count}: .incbin \"${ROOT}/${file}\"\ndata_${count}_end: .byte 0\n")
  string(APPEND table ".quad name_${count}, data_${count}, data_${count}_end\n")
  math(EXPR count "${count} + 1")
endforeach()
file(WRITE ${OUT} ".section .rodata\n${data}.section .data.rel.ro,\"aw\"\n.balign 8\n.global ${SYMBOL}\n${SYMBOL}:\n${table}.quad 0, 0, 0\n.section .note.GNU-stack,\"\",%progbits\n")
