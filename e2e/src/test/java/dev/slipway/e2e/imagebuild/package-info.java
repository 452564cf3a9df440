/** ImageBuilds from apply to digest on the embedded cluster, one feature a class. */
package dev.slipway.e2e.imagebuild;
