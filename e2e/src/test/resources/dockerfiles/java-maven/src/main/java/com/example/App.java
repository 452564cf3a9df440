package com.example;

import java.util.stream.IntStream;

public final class App {
  public static void main(String[] arguments) {
    int sum = IntStream.rangeClosed(1, 100).sum();
    System.out.println("A jar on its own runtime: " + sum);
    System.out.println(ModuleLayer.boot().modules().size() + " module");
  }
}
