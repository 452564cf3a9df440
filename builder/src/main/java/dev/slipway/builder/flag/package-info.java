/**
 * Values of flags in the form that docker's tools have: {@code type=registry,ref=NAME,mode=max}.
 */
@NullMarked
package dev.slipway.builder.flag;

import org.jspecify.annotations.NullMarked;
