// Which sanitizer this was built with: gcc and clang say it differently.
#pragma once

namespace holdfast::test {

#if defined(__has_feature)
inline constexpr bool k_address_sanitized = __has_feature(address_sanitizer);
inline constexpr bool k_thread_sanitized = __has_feature(thread_sanitizer);
#else
#ifdef __SANITIZE_ADDRESS__
inline constexpr bool k_address_sanitized = true;
#else
inline constexpr bool k_address_sanitized = false;
#endif
#ifdef __SANITIZE_THREAD__
inline constexpr bool k_thread_sanitized = true;
#else
inline constexpr bool k_thread_sanitized = false;
#endif
#endif

}  // namespace holdfast::test
