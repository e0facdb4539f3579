//! MD5's compression function (RFC 1321 §3.4): a loop of sixteen steps for the four functions. Constant-time.

#![expect(
    clippy::indexing_slicing,
    reason = "there are sixteen words, and a place is a number's lowest four bits"
)]

/// Takes whole blocks into the chaining value.
// Not inlined: its stack would be that of every hash.
#[inline(never)]
pub(super) fn compress(state: &mut [u32; 4], blocks: &[[u8; 64]]) {
    let [first, second, third, fourth] = &SINES;
    for block in blocks {
        let mut words = [0; 16];
        for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        let before = *state;
        round(state, &words, first, (1, 0), [7, 12, 17, 22], |b, c, d| (c ^ d) & b ^ d);
        round(state, &words, second, (5, 1), [5, 9, 14, 20], |b, c, d| (b ^ c) & d ^ c);
        round(state, &words, third, (3, 5), [4, 11, 16, 23], |b, c, d| b ^ c ^ d);
        round(state, &words, fourth, (7, 0), [6, 10, 15, 21], |b, c, d| (b | !d) ^ c);
        for (word, before) in state.iter_mut().zip(before) {
            *word = word.wrapping_add(before);
        }
    }
}

/// Sixteen steps with one function; they take the words at `factor` times the step plus `offset`.
fn round(
    state: &mut [u32; 4],
    words: &[u32; 16],
    sines: &[u32; 16],
    (factor, offset): (usize, usize),
    shifts: [u32; 4],
    function: fn(u32, u32, u32) -> u32,
) {
    let [mut a, mut b, mut c, mut d] = *state;
    let [first, second, third, fourth] = shifts;
    let mut place = offset;
    let mut next = |sine: u32| {
        let word = words[place & 15];
        place = place.wrapping_add(factor);
        word.wrapping_add(sine)
    };
    // Four at a time, so that the four words need not change places.
    for [w, x, y, z] in sines.as_chunks().0 {
        a = turn(a, b, function(b, c, d), next(*w), first);
        d = turn(d, a, function(a, b, c), next(*x), second);
        c = turn(c, d, function(d, a, b), next(*y), third);
        b = turn(b, c, function(c, d, a), next(*z), fourth);
    }
    *state = [a, b, c, d];
}

#[inline(always)]
fn turn(word: u32, next: u32, function: u32, sum: u32, shift: u32) -> u32 {
    word.wrapping_add(function).wrapping_add(sum).rotate_left(shift).wrapping_add(next)
}

/// The integer parts of 2^32 times the sines of 1 to 64.
const SINES: [[u32; 16]; 4] = [
    [
        0xD76A_A478,
        0xE8C7_B756,
        0x2420_70DB,
        0xC1BD_CEEE,
        0xF57C_0FAF,
        0x4787_C62A,
        0xA830_4613,
        0xFD46_9501,
        0x6980_98D8,
        0x8B44_F7AF,
        0xFFFF_5BB1,
        0x895C_D7BE,
        0x6B90_1122,
        0xFD98_7193,
        0xA679_438E,
        0x49B4_0821,
    ],
    [
        0xF61E_2562,
        0xC040_B340,
        0x265E_5A51,
        0xE9B6_C7AA,
        0xD62F_105D,
        0x0244_1453,
        0xD8A1_E681,
        0xE7D3_FBC8,
        0x21E1_CDE6,
        0xC337_07D6,
        0xF4D5_0D87,
        0x455A_14ED,
        0xA9E3_E905,
        0xFCEF_A3F8,
        0x676F_02D9,
        0x8D2A_4C8A,
    ],
    [
        0xFFFA_3942,
        0x8771_F681,
        0x6D9D_6122,
        0xFDE5_380C,
        0xA4BE_EA44,
        0x4BDE_CFA9,
        0xF6BB_4B60,
        0xBEBF_BC70,
        0x289B_7EC6,
        0xEAA1_27FA,
        0xD4EF_3085,
        0x0488_1D05,
        0xD9D4_D039,
        0xE6DB_99E5,
        0x1FA2_7CF8,
        0xC4AC_5665,
    ],
    [
        0xF429_2244,
        0x432A_FF97,
        0xAB94_23A7,
        0xFC93_A039,
        0x655B_59C3,
        0x8F0C_CC92,
        0xFFEF_F47D,
        0x8584_5DD1,
        0x6FA8_7E4F,
        0xFE2C_E6E0,
        0xA301_4314,
        0x4E08_11A1,
        0xF753_7E82,
        0xBD3A_F235,
        0x2AD7_D2BB,
        0xEB86_D391,
    ],
];
