# Writes the assembler file that puts every file under web/ into the program, and its table.
# Called as: cmake -DROOT=web-folder -DOUT=assets.S -P embed_assets.cmake
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
file(WRITE ${OUT} ".section .rodata\n${data}.section .data.rel.ro,\"aw\"\n.balign 8\n.global tocsin_assets\ntocsin_assets:\n${table}.quad 0, 0, 0\n.section .note.GNU-stack,\"\",%progbits\n")
