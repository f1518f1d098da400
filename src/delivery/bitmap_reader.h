// read_bitmap: the numbers in a serialised Roaring bitmap, strictly.
//
// CRoaring writes our bitmaps, but its reader believes what it reads: it takes a run container
// without runs, and a cardinality in the header that the bits do not have, and reads beyond its
// memory when such a bitmap is walked. So what comes from the disk is read here.
//
//   bitmap      = ( runs-cookie / plain-cookie ) 1*header [offsets] 1*container   ; little-endian
//   runs-cookie = u16(12347) u16(containers - 1) run-flags      ; a bit a container, padded to
//   bytes plain-cookie = u32(12346) u32(containers) header      = u16(key) u16(cardinality - 1) ;
//   keys ascend offsets     = u32 a container                               ; plain, or 4
//   containers and more container   = runs / array (of at most 4,096) / bits        ; all of the
//   same 65,536 numbers runs        = u16(count) count * ( u16(first) u16(length - 1) )
// (github.com/RoaringBitmap/RoaringFormatSpec)
//
// Pure. Failure: nullopt for whatever CRoaring would not have written, or a number >= `limit`.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tocsin::delivery {

// Ascending.
std::optional<std::vector<std::uint32_t>> read_bitmap(std::string_view bytes, std::size_t limit);

}  // namespace tocsin::delivery
